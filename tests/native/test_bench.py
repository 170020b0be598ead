"""`enuf bench`: one scenario of each kind with real servers. Short rounds, and counts: times depend on the machine."""

from __future__ import annotations

import contextlib
import json
import signal
import subprocess
from pathlib import Path
from typing import Any

import msgspec
import psutil
import pytest

from enuf.bench.results import Report
from enuf.errors import INTERRUPTED
from tests.support.stack import Stack, until

pytestmark = pytest.mark.native

SHORT = ("--rounds", "1", "--duration", "300ms", "--connections", "4", "--rate", "20")
WITHIN_S = 240


def bench(stack: Stack, *words: str) -> Any:
    """Run a comparison with a folder of its own for temporary files, and return its document."""
    done = stack.run("bench", *words, *SHORT, "--json", timeout=WITHIN_S)
    assert done.code == 0, done.err
    msgspec.convert(done.json, Report)
    return done.json


@pytest.fixture
def quiet(stack: Stack, tmp_path: Path) -> Stack:
    """A project, and a folder for temporary files in which nothing may be left."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    stack.env["TMPDIR"] = str(folder)
    return stack


def assert_nothing_left(stack: Stack) -> None:
    assert list(Path(stack.env["TMPDIR"]).iterdir()) == []
    assert processes_of_servers(stack) == []


def processes_of_servers(stack: Stack) -> list[psutil.Process]:
    folder = stack.env["TMPDIR"]
    return [each for each in psutil.process_iter(["cmdline"]) if folder in str(each.info["cmdline"])]


def test_topologies_and_peers_answer_the_apps_own_pages(quiet: Stack) -> None:
    report = bench(
        quiet,
        "--topology",
        "nginx-uwsgi",
        "--topology",
        "gunicorn-gthread",
        "--scenario",
        "hello",
        "--url",
        "/pid",
    )
    assert [(row["topology"], row["scenario"]) for row in report["rows"]] == [
        ("nginx-uwsgi", "hello"),
        ("gunicorn-gthread", "hello"),
        ("nginx-uwsgi", "/pid"),
        ("gunicorn-gthread", "/pid"),
    ]
    for row in report["rows"]:
        assert row["failed"] == 0, row
        assert row["requests"] > 0
        assert row["rps"] > 0
        assert row["cpu_us_per_request"] > 0
        assert row["memory_mb"] > 0
        assert row["p50_ms"] <= row["p95_ms"] <= row["p99_ms"]
        assert len(row["rounds"]) == 1
        assert row["rate"] == 20
        assert row["latencies"][-1]["percent"] == 100
    assert (report["schema"], report["app"], report["interrupted"]) == (1, "app:app", False)
    assert report["limit"]["app_cpu_us"] > 0
    assert_nothing_left(quiet)
    assert not (quiet.project / ".enuf").exists()


def test_the_scenarios_of_plain_requests_get_the_answers_that_they_want(quiet: Stack) -> None:
    names = ("io-wait", "cpu", "static", "upload", "large-header")
    words = [word for name in names for word in ("--scenario", name)]
    report = bench(quiet, "--topology", "nginx-uwsgi", *words)
    assert [row["scenario"] for row in report["rows"]] == list(names)
    for row in report["rows"]:
        assert row["requests"] > 0
        assert row["failed"] == 0, row


def test_one_request_more_than_there_are_slots_waits(quiet: Stack) -> None:
    report = bench(quiet, "--topology", "nginx-uwsgi", "--scenario", "slots", "-w", "2", "--threads", "2")
    (row,) = report["rows"]
    assert [step["at_once"] for step in row["steps"]] == [1, 2, 4, 5, 8, 9]
    assert (row["requests"], row["failed"]) == (29, 0)
    for step in row["steps"]:
        turns = -(-step["at_once"] // 4)
        assert step["seconds"] >= turns * step["wait_s"]


def test_normal_clients_are_served_beside_slow_and_idle_ones(quiet: Stack) -> None:
    report = bench(
        quiet, "--topology", "nginx-uwsgi", "--scenario", "slow-clients", "--scenario", "idle-keepalive"
    )
    slow, idle = report["rows"]
    assert (slow["failed"], idle["failed"]) == (0, 0)
    assert slow["requests"] > idle["requests"] > 0
    for kind, note in zip(("slow headers", "slow body", "slow read"), slow["notes"], strict=True):
        assert note.startswith(f"{kind}: 60 of 60 connections were made")
    assert idle["notes"][0].startswith("idle: 600 of 600 connections were made")


def test_a_reload_and_a_bad_deploy_lose_no_request_of_enuf_and_a_crash_kills_its_own_requests_alone(
    quiet: Stack,
) -> None:
    names = ("reload-under-load", "worker-crash", "bad-deploy")
    words = [word for name in names for word in ("--scenario", name)]
    rows = {row["scenario"]: row for row in bench(quiet, "--topology", "nginx-uwsgi", *words)["rows"]}
    assert rows["reload-under-load"]["notes"] == ["new code needed a reload"]
    assert rows["reload-under-load"]["failed"] == 0
    assert rows["bad-deploy"]["failed"] == 0
    for row in rows.values():
        assert row["requests"] > 0
    assert {each["kind"] for each in rows["worker-crash"].get("failures", ())} <= {"502"}
    assert_nothing_left(quiet)


def test_what_is_not_installed_or_does_not_start_is_left_out_with_the_reason(quiet: Stack) -> None:
    quiet.write(
        "app.py",
        "def app(environ, start_response):\n    start_response('200 OK', [])\n    return [b'hello']\n",
    )
    report = bench(quiet, "--topology", "passenger", "--topology", "flask-run", "--topology", "waitress")
    assert [row["topology"] for row in report["rows"]] == ["waitress"]
    reasons = {each["name"]: each["reason"] for each in report["left_out"]}
    assert reasons["flask-run"].startswith("it ended before it answered")
    assert "passenger" in reasons
    done = quiet.run("bench", "--topology", "flask-run", *SHORT, "--json", timeout=WITHIN_S)
    assert (done.code, done.json["rows"]) == (7, [])


def test_a_running_stack_of_the_project_is_left_alone(quiet: Stack) -> None:
    quiet.up()
    before = quiet.status()["generation"], {each.pid for each in quiet.processes()}
    bench(quiet, "--topology", "nginx-uwsgi")
    assert (quiet.status()["generation"], {each.pid for each in quiet.processes()}) == before
    assert quiet.get("/").status == 200


def begun(stack: Stack, *words: str, output: int = subprocess.DEVNULL) -> subprocess.Popen[bytes]:
    """Begin a comparison of many rounds, and go on."""
    rounds = ("bench", "--topology", "gunicorn-sync", "--rounds", "100", *SHORT[2:])
    return subprocess.Popen(
        [*stack.enuf, *rounds, *words],
        cwd=stack.project,
        env=stack.env,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
    )


def test_an_interrupt_keeps_what_was_measured_and_leaves_nothing(quiet: Stack) -> None:
    with begun(quiet, "--json", output=subprocess.PIPE) as running:
        places = Path(quiet.env["TMPDIR"])
        # the folders of a server: for the floor, for the trial, and one for each round
        until(lambda: list(places.glob("*/s4")), what="the second round")
        running.send_signal(signal.SIGINT)
        out, err = running.communicate(timeout=WITHIN_S)
    assert running.returncode == INTERRUPTED, err
    report = json.loads(out)
    assert report["interrupted"] is True
    assert 1 <= len(report["rows"][0]["rounds"]) < 100
    assert_nothing_left(quiet)


def test_the_servers_of_a_comparison_that_is_killed_end_too(quiet: Stack) -> None:
    with begun(quiet) as running:
        until(lambda: len(gunicorns(quiet)) > 2, what="a server with its workers")
        running.kill()
    until(lambda: not gunicorns(quiet), what="the end of the server")


def gunicorns(stack: Stack) -> list[str]:
    """The processes of gunicorn that a comparison has started."""
    found = []
    for each in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if each.cwd().startswith(stack.env["TMPDIR"]) and "gunicorn" in " ".join(each.cmdline()):
                found.append(str(each))
    return found


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--topology", "nginx-uwsig"), "did you mean nginx-uwsgi?"),
        (("--scenario", "statik"), "did you mean static?"),
        (("--scenario", "xxxxxx"), "choose of: hello, "),
        (("--url", "articles"), "a path begins with /"),
        (("--duration", "1h"), "is not a time from 100ms to 10m"),
    ],
)
def test_a_wrong_word_is_told_with_the_right_one(stack: Stack, words: tuple[str, ...], said: str) -> None:
    done = stack.run("bench", *words)
    assert done.code == 2
    assert said in done.err
