"""One request through all layers: its id everywhere, its lines together, and where its time went."""

from __future__ import annotations

import contextlib
import functools
import json
import re
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from enuf.syntax.access_log import ESCAPE_JSON, JSON_FORMAT, parse_access_line
from tests.support.builds import prepare, settings_of
from tests.support.dashboard import dashboard_pid, fetch, with_dashboard
from tests.support.stack import APP, Response, Stack, until

pytestmark = pytest.mark.native

BOOM = """
@app.get("/boom")
def boom():
    print("about to fail", request.headers["X-Request-ID"])
    return 1 / 0
"""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """One process with one thread, so that a second request waits."""
    with with_dashboard(tmp_path_factory.mktemp("story") / "shop", APP + BOOM) as stack:
        stack.write("enuf.toml", f"[raw]\nnginx_http = '''{second_log(stack)}'''\n")
        stack.up("--processes", "1", "--threads", "1")
        dashboard_pid(stack)
        yield stack


def second_log(stack: Stack) -> str:
    """A second log of the same requests, in the other format."""
    arguments = " ".join(f"'{part}'" for part in JSON_FORMAT)
    path = stack.project / "in_json.txt"
    return f"log_format in_json {ESCAPE_JSON} {arguments}; access_log {path} in_json;"


def id_of(answer: Response) -> str:
    found = answer.headers["X-Request-ID"]
    assert re.fullmatch("[0-9a-f]{32}", found)
    return found


def story(stack: Stack, request_id: str, layers: int) -> list[str]:
    """The lines of `enuf logs --id`, once so many layers have written theirs."""

    def lines() -> list[str]:
        found = stack.run("logs", "--id", request_id).out.splitlines()
        return found if len({line.split()[1] for line in found if line[2:3] == ":"}) >= layers else []

    return list(until(lines, what="the story"))


def phases(stack: Stack, request_id: str) -> dict[str, float]:
    def told() -> dict[str, float]:
        found = stack.run("logs", "--id", request_id, "--json").json
        return {phase["name"]: phase["lasts_s"] for phase in found["phases"]}

    return dict(until(told, what="the phases"))


def test_an_error_is_told_by_all_layers_under_the_id_that_the_visitor_has(served: Stack) -> None:
    answer = served.get("/boom")
    assert answer.status == 500
    lines = story(served, id_of(answer), 3)
    text = "\n".join(lines)
    assert f"app    about to fail {id_of(answer)}" in text
    assert "Traceback (most recent call last):" in text
    assert "ZeroDivisionError: division by zero" in text
    assert re.search(r"server GET /boom 500 after \d+ ms in the app, worker 1 id=" + id_of(answer), text)
    assert re.search(r"front  127\.0\.0\.1 GET /boom HTTP/1\.1 500", text)
    assert [line.split()[0] for line in lines[-3:]] == ["wait", "app", "send"]
    assert max(map(len, lines[-3:])) <= 80
    other = served.get("/boom")
    assert id_of(other) not in text
    # It is the last error of `status`, and one of the dashboard's.
    assert until(
        lambda: id_of(other) in served.run("status").out.replace("\n           ", ""), what="in status"
    )


@contextlib.contextmanager
def thread_taken(stack: Stack, name: str) -> Iterator[Future[Response]]:
    """A request that has the only thread; a second one, which the block sends, waits for it for a second at least."""
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(stack.get, f"/held/{name}?then=1")
        try:
            until(lambda: stack.status()["server"]["busy"] == 1, what="the thread is taken")
            yield first
            until(lambda: stack.status()["backlog"]["queued"] == 1, what="the second one waits")
        finally:
            stack.let_go(name)


def test_waiting_for_a_thread_is_told_from_the_time_in_the_app(served: Stack) -> None:
    with ThreadPoolExecutor(1) as pool:
        with thread_taken(served, "first") as first:
            second = pool.submit(served.get, "/slow?seconds=0.1")
        found = [phases(served, id_of(each.result())) for each in (first, second)]
    # Ratios, because a busy machine delays everything.
    assert found[0]["wait"] < found[0]["app"] / 2
    assert found[0]["app"] >= 0.9
    assert found[1]["wait"] > found[1]["app"] >= 0.05


def test_a_slow_request_is_kept_with_its_phases_and_the_line_that_it_stood_on(served: Stack) -> None:
    token = (served.project / ".enuf/run/dashboard.token").read_text().strip()
    request_id = id_of(served.get("/slow?seconds=3"))

    def slow() -> dict[str, Any]:
        found = json.loads(fetch(served, f"/api/snapshot?token={token}"))["slow"]
        return next((each for each in found if each["id"] == request_id), {})

    found = until(slow, what="the slow request on the dashboard")
    assert (found["method"], found["path"], found["status"]) == ("GET", "/slow", 200)
    assert found["app_s"] >= 2.9
    assert "in slow\n    time.sleep(float(request.args.get" in str(found["stack"])
    # It is written down, so that its story can be told later.
    text = "\n".join(story(served, request_id, 2))
    assert f"enuf   slow request: GET /slow 200 {found['total_s']:.3f} s = wait" in text
    assert "enuf       time.sleep(float(request.args.get" in text


def test_a_hung_request_has_its_end_and_its_stack_in_the_story(calm: Stack) -> None:
    calm.up("--processes", "1", "--threads", "1", "--timeout", "2s")
    answer = calm.get("/slow?seconds=60")
    assert answer.status == 504
    assert id_of(answer) in answer.text, "the error page names the id"
    until(lambda: "hung request ended" in calm.log("enuf.log"), what="the record")
    text = "\n".join(story(calm, id_of(answer), 2))
    assert re.search(rf"enuf   hung request ended: GET /slow\?seconds=60 id={id_of(answer)}", text)
    assert "in slow" in text
    assert "front  127.0.0.1 GET /slow?seconds=60 HTTP/1.1 504" in text


def test_an_id_that_nobody_knows_is_said_to_be_unknown(served: Stack) -> None:
    done = served.run("logs", "--id", "f" * 32)
    assert (done.code, done.out) == (0, "")
    assert "no line of the logs" in done.err
    assert served.run("logs", "--id", "f" * 32, "--json").json == {"schema": 1, "records": [], "phases": []}


def test_the_app_is_told_when_the_request_was_passed_on_and_nobody_can_lie_about_it(served: Stack) -> None:
    seen = served.request("GET", "/echo", headers={"X-Request-Start": "t=1", "X-Enuf-Taken": "5"})
    assert re.fullmatch(r"t=\d{10}\.\d{3}", seen.json["environ"]["HTTP_X_REQUEST_START"])
    assert "X-Enuf-Taken" not in seen.headers


def test_json_logs_tell_the_same_story(tmp_path: Path) -> None:
    with with_dashboard(
        tmp_path / "shop", APP + BOOM, ENUF_LOG_FORMAT="json", ENUF_DASHBOARD_LISTEN="off"
    ) as stack:
        stack.up("--processes", "1", "--threads", "1")
        with ThreadPoolExecutor(1) as pool:
            with thread_taken(stack, "first"):
                failed = pool.submit(stack.get, "/boom")
            request_id = id_of(failed.result())
        assert "ZeroDivisionError" in "\n".join(story(stack, request_id, 3))
        assert phases(stack, request_id)["wait"] > 0.1


def test_the_systems_own_servers_tell_as_much(tmp_path: Path) -> None:
    with with_dashboard(tmp_path / "shop", APP + BOOM) as stack:
        prepare(stack.project, "system")
        stack.write("enuf.toml", settings_of("system"))
        stack.up("--processes", "1", "--threads", "1")
        dashboard_pid(stack)
        with ThreadPoolExecutor(1) as pool:
            with thread_taken(stack, "first"):
                second = pool.submit(stack.get, "/boom")
            failed = id_of(second.result())
        slow = id_of(stack.get("/slow?seconds=3"))
        assert phases(stack, failed)["wait"] > 0.1
        assert "ZeroDivisionError" in "\n".join(story(stack, failed, 3))
        until(lambda: "time.sleep(float(request.args" in "\n".join(story(stack, slow, 2)), what="its stack")


def lines_with(log: Path, request_id: str) -> list[str]:
    return [line for line in log.read_text(errors="replace").splitlines() if request_id in line]


def test_both_formats_of_the_log_give_a_request_back_as_it_was_sent(served: Stack) -> None:
    line = b'GET /\xed\x95\x9c\xff"\\x22?a=\\"$host HTTP/1.1'
    answer = served.raw(line + b'\r\nHost: x\r\nUser-Agent: a\tb"c\r\nConnection: close\r\n\r\n').decode(
        "latin-1"
    )
    found = re.search(r"(?i)^x-request-id: ([0-9a-f]{32})", answer, re.MULTILINE)
    assert found, answer
    for log in (served.project / ".enuf/log/access.log", served.project / "in_json.txt"):
        lines = until(functools.partial(lines_with, log, found[1]), what="the request's line")
        (record,) = map(parse_access_line, lines)
        assert record is not None
        assert (record.request, record.status) == (line.decode(errors="replace"), 404)
        assert record.wait_s is not None
