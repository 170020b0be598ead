"""Every line of the app has the time at which it was written, and stays whole, whoever writes beside it."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.support.stack import APP, Stack, stack_in, until

pytestmark = pytest.mark.native

TALKS = """
import json, logging, subprocess, traceback

@app.get("/say/<text>")
def say(text):
    print(text)
    return text

@app.get("/burst/<name>")
def burst(name):
    for number in range(50):
        print(name, number, "x" * 60, sep="-", end="-end")
        print()
    for number in range(5):
        try:
            raise KeyError(f"{name}-{number}")
        except KeyError:
            traceback.print_exc()
    return name

@app.get("/odd/<name>")
def odd(name):
    print("L" * 100_000 + name)
    sys.stdout.buffer.write(b"bytes-\\xff\\xfe\\x00-" + name.encode() + b"\\n")
    os.write(1, f"past-python-{name}\\n".encode())
    subprocess.run(["echo", f"of-a-program-{name}"])
    print(json.dumps({"time": "2001-01-01", "name": name, "is": "json"}))
    print(f"line one of {name}\\n[2001-01-01T00:00:00+0000] - forged {name}")
    sys.stdout.write(f"without-an-end-{name}")
    return name

@app.get("/boom/<name>")
def boom(name):
    raise RuntimeError(name)
"""


@pytest.fixture(scope="module", params=["nginx-uwsgi", "nginx-gunicorn", "nginx-granian"])
def talking(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with stack_in(tmp_path_factory.mktemp("talks") / "shop", env={"ENUF_SERVE_USER": "root"}) as stack:
        stack.write("app.py", APP + TALKS)
        stack.up("--topology", request.param, "--processes", "2", "--threads", "2")
        yield stack


def records(stack: Stack, *words: str) -> list[dict[str, Any]]:
    return list(stack.run("logs", "--json", *words).json["records"])


def containing(stack: Stack, text: str, *words: str) -> dict[str, Any]:
    (record,) = (one for one in records(stack, *words) if text in one["text"])
    return record


def test_a_printed_line_has_the_time_at_which_it_was_printed_however_quiet_the_servers_are(
    talking: Stack,
) -> None:
    before = time.time()
    talking.get("/say/quiet")
    after = time.time()
    record = containing(talking, "quiet", "--layer", "app")
    assert (record["text"], record["layer"]) == ("quiet", "app")
    assert before - 0.001 <= record["at"] <= after
    since = f"{time.time() - before + 60:.0f}s"  # counted from when the command looks, on a busy machine much later
    assert containing(talking, "quiet", "--layer", "app", "--since", since) == record


def test_lines_and_tracebacks_of_several_workers_are_neither_joined_nor_mixed(talking: Stack) -> None:
    names = [f"w{number}" for number in range(8)]
    with ThreadPoolExecutor(8) as pool:
        assert all(
            answer.status == 200 for answer in pool.map(lambda name: talking.get(f"/burst/{name}"), names)
        )
    texts = [one["text"] for one in records(talking, "--layer", "app", "-n", "5000")]
    lines = [text for text in texts if "-end" in text]
    assert sorted(lines) == sorted(
        f"{name}-{number}-{'x' * 60}-end" for name in names for number in range(50)
    )
    for name in names:
        for number in range(5):
            end = next(
                at
                for at, text in enumerate(texts)
                if text.endswith(f"'{name}-{number}'") and text.startswith("KeyError")
            )
            begun = max(at for at, text in enumerate(texts[:end]) if text.startswith("Traceback"))
            assert all(text.startswith(" ") for text in texts[begun + 1 : end]), texts[begun : end + 1]


def test_odd_lines_are_kept_whole_each_for_itself(talking: Stack) -> None:
    before = time.time()
    talking.get("/odd/a")
    talking.get("/odd/b")
    after = time.time()
    found = records(talking, "--since", f"{after - before + 60:.0f}s")
    texts = [one["text"] for one in found]
    for name in "ab":
        for text in (
            "L" * 100_000 + name,
            f"bytes-\ufffd\ufffd\x00-{name}",
            f"past-python-{name}",
            f"of-a-program-{name}",
            f"without-an-end-{name}",
        ):
            assert texts.count(text) == 1, text
        as_json = next(one for one in found if '"is": "json"' in one["text"] and f'"{name}"' in one["text"])
        assert json.loads(as_json["text"])["name"] == name
        assert before - 0.001 <= as_json["at"] <= after
        forged = containing(talking, f"forged {name}", "-n", "5000")
        assert forged["layer"] == "app"
        assert forged["at"] >= before - 0.001
    raw = next(one for one in found if one["text"] == "past-python-b")
    assert before - 0.001 <= raw["at"] <= after  # between its neighbours
    json_lines = [line for line in talking.log("server.log").splitlines() if line.startswith("{")]
    assert {"a", "b"} <= {json.loads(line)["name"] for line in json_lines}


def test_a_traceback_stands_before_the_answer_of_its_request(talking: Stack) -> None:
    before = time.time()
    talking.get("/boom/last")
    after = time.time()
    talking.until_logged("/boom/last")
    texts = [one["text"] for one in until(lambda: records(talking, "--since", "5m"), what="records")]
    order = [
        next(at for at, text in enumerate(texts) if re.search(pattern, text))
        for pattern in (r"^RuntimeError: last$", r"GET /boom/last 500 after", r"GET /boom/last HTTP/1.1 500")
    ]
    assert order == sorted(order), texts[min(order) :]
    error = containing(talking, "RuntimeError: last", "--layer", "app")
    assert "until" not in error or error["until"] is None
    assert before - 0.001 <= error["at"] <= after
    assert f".{int(error['at'] * 1000 + 0.5) % 1000:03d}" in line_of(
        talking.log("server.log"), "RuntimeError: last"
    )


def test_a_number_of_lines_can_be_asked_for_in_the_ways_people_type_it(talking: Stack) -> None:
    for number in range(3):
        talking.get(f"/say/counted-{number}")
    for words in (("-n", "2"), ("-n2",), ("--tail", "2"), ("--lines", "2"), ("--tail=2",)):
        found = talking.run("logs", "--layer", "app", *words).out.splitlines()
        assert [line.split()[-1] for line in found] == ["counted-1", "counted-2"], words
    assert talking.run("logs", "-n", "0").out == ""


def test_lines_are_followed_in_order_across_a_reload(talking: Stack) -> None:
    talking.get("/say/the-last-line-so-far")
    following = talking.start("logs", "-f", "-n", "1", "--layer", "app")
    assert following.stdout is not None
    assert "the-last-line-so-far" in following.stdout.readline()
    talking.get("/say/before-the-reload")
    assert talking.run("reload").code == 0
    talking.get("/say/after-the-reload")
    seen = [line.split()[-1] for line in lines_until(following.stdout, "after-the-reload")]
    assert [text for text in seen if text.endswith("the-reload")] == ["before-the-reload", "after-the-reload"]
    following.terminate()


def line_of(text: str, part: str) -> str:
    return next(line for line in text.splitlines() if part in line)


def lines_until(output: Any, text: str) -> Iterator[str]:
    for line in output:
        yield line
        if text in line:
            return
