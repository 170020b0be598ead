"""What is wrong with a running stack stands in the first lines of `enuf status`, in words, with its place in the code."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from threading import Event
from typing import Any

import psutil
import pytest

from enuf.model.unit_events import WorkerExited
from enuf.observe.logs.events import read_stack_journal
from tests.support.at_once import on_each
from tests.support.stack import APP, Stack, has_ended, stack_in, until

# Both stacks at the same time: most of it is waiting.
pytestmark = [pytest.mark.native, pytest.mark.xdist_group("troubles")]

MORE = """
import ctypes, signal

@app.get("/crash")
def crash():
    os.kill(os.getpid(), signal.SIGSEGV)
    time.sleep(60)

@app.get("/exit")
def leave():
    os._exit(7)

@app.get("/boom/<int:number>")
def boom(number):
    return str(1 / 0)

@app.get("/database")
def database():
    import sqlite3
    return str(sqlite3.connect("data/shop.db").execute("select 1"))

@app.get("/hang")
def hang():
    time.sleep(600)
"""
LIMITS = {
    "uwsgi": ("nginx-uwsgi", "6s"),
    "gunicorn": ("nginx-gunicorn", "6s"),
    "calm": ("nginx-uwsgi", "60s"),
}
"""The topology and `serve.timeout` of each stack: `calm` holds requests for as long as a test needs."""
Stacks = dict[str, Stack]


@pytest.fixture(scope="module")
def stacks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stacks]:
    """Stacks with two threads each."""
    folder = tmp_path_factory.mktemp("troubles")
    with ExitStack() as running:
        env = {"ENUF_SERVE_USER": "root"}
        found = {name: running.enter_context(stack_in(folder / name, env=env)) for name in LIMITS}
        for name, stack in found.items():
            topology, limit = LIMITS[name]
            stack.write("app.py", APP + MORE)
            settings = f'processes = 1\nthreads = 2\ntimeout = "{limit}"'
            stack.write("enuf.toml", f'topology = "{topology}"\n[serve]\n{settings}\n')
        on_each(found, Stack.up)
        yield found


@pytest.fixture(scope="module")
def short(stacks: Stacks) -> Stacks:
    """Return the stack of each server."""
    return {name: stacks[name] for name in ("uwsgi", "gunicorn")}


def first_lines(stack: Stack) -> str:
    """Return what `enuf status` says before its line about the app, on one line."""
    return " ".join(stack.run("status").out.partition("\napp ")[0].split())


def until_said(stack: Stack, *parts: str) -> str:
    """Wait until the first lines of the status have these parts, and return them."""
    found: list[str] = [""]

    def says() -> bool:
        found[0] = first_lines(stack)
        return all(part in found[0] for part in parts)

    until(says, what=f"{parts} in the first lines")
    return found[0]


def exits(stack: Stack) -> list[WorkerExited]:
    journal = read_stack_journal(Path(stack.project, ".enuf/log"))
    return [event for event in journal if isinstance(event, WorkerExited)]


def counted(stack: Stack, reason: str) -> None:
    """Wait until a worker's exit has been counted for this reason."""
    until(lambda: stack.status()["exits"][reason], what=f"an exit of reason {reason}")


def test_a_worker_that_crashes_is_told_with_its_signal_its_request_and_how_often(short: Stacks) -> None:
    def crash(stack: Stack) -> str:
        for _ in range(3):
            assert stack.get("/crash?token=secret").status == 502
        return until_said(stack, "crashed (SIGSEGV) in GET /crash, 3 times in ")

    for name, said in on_each(short, crash).items():
        event = exits(short[name])[-1]
        assert (event.reason, event.requests) == ("signal", ("GET /crash",))
        assert f"enuf logs --id {event.ids[0]}" in said
        assert "DAMN" not in said and "secret" not in said
        assert short[name].status()["exits"]["signal"] == 3
        assert f"id={event.ids[0]}" in short[name].log("enuf.log")


def test_an_app_that_ends_its_own_process_is_told_as_that(short: Stacks) -> None:
    def leave(stack: Stack) -> Any:
        assert stack.get("/exit").status == 502
        until_said(stack, "exited by itself", "in GET /exit")
        return stack.status()["exits"]["exit"]

    assert set(on_each(short, leave).values()) == {1}


def test_errors_that_are_alike_are_counted_with_the_line_of_the_project(short: Stacks) -> None:
    def fail(stack: Stack) -> str:
        for number in range(4):
            assert stack.get(f"/boom/{number}").status == 500
        return until_said(stack, "% errors: ", "4 x app: ZeroDivisionError: division by zero, at app.py:")

    for said in on_each(short, fail).values():
        assert " in boom, in GET /boom/3, last " in said
        assert said.count("ZeroDivisionError") == 1


def test_a_request_that_hangs_is_named_with_its_line_and_its_worker_is_counted(short: Stacks) -> None:
    def hang(stack: Stack) -> str:
        assert stack.get("/hang").status == 504
        return until_said(stack, "GET /hang took longer than serve.timeout and was ended, at app.py:")

    for name, said in on_each(short, hang).items():
        assert " in hang, " in said
        counted(short[name], "timeout")
        assert short[name].status()["answers"]["hung"] == 1
        assert "was ended, because a thread of it hung in GET /hang, pid" in exits(short[name])[-1].text


def test_a_route_that_holds_half_of_the_threads_is_named_with_its_line(stacks: Stacks) -> None:
    stack = stacks["calm"]
    with ThreadPoolExecutor(1) as visitor:
        held = visitor.submit(stack.get, "/held/half")
        try:
            said = until_said(stack, "1 of 2 threads in GET /held/half, for up to ", ", at app.py:")
            assert " in held: look there first" in said
            assert stack.status()["condition"] == "1 of 2 threads in GET /held/half"
        finally:
            stack.let_go("half")
        assert held.result().status == 200
    assert first_lines(stack).startswith("serving")
    until(lambda: stack.status()["condition"] == "")


def test_threads_that_are_all_busy_while_others_wait_are_told(stacks: Stacks) -> None:
    stack = stacks["calm"]
    with ThreadPoolExecutor(3) as visitors:
        held = [visitors.submit(stack.get, f"/held/{number}-x") for number in ("a", "b", "c")]
        try:
            until_said(stack, "all 2 threads busy, 1 connection waiting")
        finally:
            for number in ("a", "b", "c"):
                stack.let_go(f"{number}-x")
        assert {each.result().status for each in held} == {200}


def test_many_short_requests_that_fill_the_threads_are_named_with_their_share(stacks: Stacks) -> None:
    stack, enough = stacks["calm"], Event()

    def visit() -> None:
        while not enough.is_set():
            assert stack.get("/slow?seconds=0.1").status == 200

    with ThreadPoolExecutor(6) as visitors:
        busy = [visitors.submit(visit) for _ in range(6)]
        try:
            until_said(
                stack,
                " half of the requests wait ",
                ": GET /slow takes ",
                "% of their time, ",
                " s each: make that faster",
            )
        finally:
            enough.set()
        assert [each.result() for each in busy] == [None] * 6


def test_a_file_that_the_app_may_not_use_is_explained_with_its_cure(stacks: Stacks) -> None:
    stack = stacks["calm"]
    assert stack.get("/database").status == 500
    said = until_said(stack, f"there is no folder {stack.project}/data for the database: make it")
    assert "trouble" in said


def test_a_suspended_process_is_named_with_its_cure_and_a_stop_does_not_wait_for_it(stacks: Stacks) -> None:
    stack = stacks["uwsgi"]
    master, front = stack.status()["server"]["pid"], stack.status()["front"]["pid"]
    os.kill(master, signal.SIGSTOP)
    until_said(stack, f"suspended by a signal: uwsgi (pid {master}): kill -CONT {master}")
    (listed,) = (
        each for each in stack.run("ps", "--json").json["stacks"] if each["project"] == str(stack.project)
    )
    assert listed["note"] == f"suspended: uwsgi (pid {master})"

    workers = [child.pid for child in psutil.Process(front).children()]
    for pid in (front, *workers):
        os.kill(pid, signal.SIGSTOP)
    assert "nginx does not answer: its processes were stopped by a signal" in first_lines(stack)
    # As long as all is suspended, the stop would wait for its whole time and then kill.
    down = stack.run("down")
    assert (down.code, down.out) == (0, "stopped\n")
    assert "was killed" not in stack.log("enuf.log").rpartition("-> stopping")[2]


def test_a_stack_of_another_project_is_named_where_none_runs(stacks: Stacks, tmp_path: Path) -> None:
    running = Stack(stacks["calm"].project)
    other = Stack(tmp_path)
    said = other.run("status")
    assert said.code == 3
    listed = len(other.run("ps", "--json").json["stacks"])
    named = (
        f"enuf --project {running.project} status" if listed <= 2 else "stacks of other projects run: enuf ps"
    )
    assert named in said.err


def test_the_runtime_folder_of_a_killed_stack_is_cleaned_away_and_that_of_a_running_one_stays(
    stacks: Stacks, tmp_path: Path
) -> None:
    with stack_in(tmp_path / "killed", env={"ENUF_SERVE_USER": "root"}) as killed:
        killed.write("app.py", APP)
        killed.up()
        folder = (killed.project / ".enuf/run").readlink()
        supervisor = killed.status()["supervisor"]["pid"]
        os.kill(supervisor, signal.SIGKILL)
        until(lambda: has_ended(supervisor))
        until(lambda: str(folder) in killed.run("clean", "--json").json["removed"], what=f"{folder} removed")
        assert not folder.exists()
        assert not killed.processes()
    assert stacks["calm"].get("/").status == 200


def test_a_refused_reload_is_told_until_a_later_one_works_and_is_no_reason_of_a_stop(stacks: Stacks) -> None:
    stack = stacks["calm"]
    good = Path(stack.project, "app.py").read_text()
    stack.write("app.py", "import nothing_like_this\n")
    assert stack.run("reload").code == 7
    until_said(
        stack, "reload refused at ", "the version before it serves: ", "No module named 'nothing_like_this'"
    )
    assert stack.status()["refused"]["summary"]

    stack.write("app.py", good)
    until_said(stack, "(app.py has changed since: enuf reload)")
    assert stack.run("reload").code == 0
    assert "refused" not in first_lines(stack)
    assert (stack.status()["reason"], stack.status()["refused"]) == ("", None)

    stack.write("app.py", "import nothing_like_this\n")
    assert stack.run("reload").code == 7
    stack.write("app.py", good)
    held: Callable[[], Any]
    with ThreadPoolExecutor(2) as visitors:
        held = visitors.submit(stack.get, "/held/last").result
        until(lambda: stack.status()["server"]["busy"] == 1)
        down = visitors.submit(stack.run, "down").result
        until_said(stack, "stopping", "waiting for GET /held/last")
        stack.let_go("last")
        assert (held().status, down().code) == (200, 0)
    stopped = [line for line in stack.log("enuf.log").splitlines() if "-> stopping" in line]
    assert stopped[-1].endswith("serving -> stopping")
