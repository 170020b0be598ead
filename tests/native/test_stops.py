"""A stop ends, from every state, and leaves no process: also of an app that starts some, and of a suspended supervisor."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from enuf.system.process import start_mark
from tests.support.refusal import assert_refused
from tests.support.stack import APP, Stack, stack_in, until
from tests.support.stop_trials import TIMEOUT_S, trial

pytestmark = pytest.mark.native

LONG = ("--timeout", "180s")
"""Nothing waits for it where no request is in flight: a command that does is ended by the limit of `Stack.run`."""
QUICK_S = 90.0


def supervisor_of(stack: Stack) -> int:
    return int(json.loads((stack.project / ".enuf/state.json").read_text())["supervisor"]["pid"])


def stop(pid: int) -> None:
    os.kill(pid, signal.SIGSTOP)
    until(lambda: psutil.Process(pid).status() == psutil.STATUS_STOPPED)


# -- servers and supervisors that are hurt ------------------------------------------------------------------------


@pytest.mark.skipif(sys.platform != "linux", reason="real-time signals")
def test_a_server_that_dies_of_a_signal_without_a_name_is_started_again(stack: Stack) -> None:
    stack.up(*LONG)
    told = stack.status()
    for pid in (told["server"]["pid"], told["front"]["pid"]):
        os.kill(pid, 40)
    until(lambda: not {told["server"]["pid"], told["front"]["pid"]} & {one.pid for one in stack.processes()})
    until(lambda: stack.run("status").code == 0)
    assert stack.get("/").status == 200
    assert "was killed by signal 40, unexpectedly" in stack.log("enuf.log")
    assert "bug" not in stack.log("enuf.log")
    assert stack.run("down", timeout=QUICK_S).out == "stopped\n"


def test_a_suspended_supervisor_is_described_and_down_ends_it(stack: Stack) -> None:
    stack.up(*LONG)
    pid = supervisor_of(stack)
    stop(pid)
    for words in (("status",), ("reload",), ("top", "--once")):
        done = stack.run(*words, timeout=QUICK_S)
        assert_refused(done, 1, "suspended (Ctrl-Z?)")
        assert f"kill -CONT {pid}" in done.err and "still answers" in done.err
    second = stack.run("up", "-d", timeout=QUICK_S)
    assert_refused(second, 8, f"kill -CONT {pid}")
    assert stack.get("/").status == 200
    done = stack.run("down", timeout=QUICK_S)
    assert (done.code, done.out) == (0, "stopped\n")
    assert f"pid {pid}, was suspended" in done.err


def test_a_reload_does_not_wait_for_a_supervisor_that_is_suspended_meanwhile(stack: Stack) -> None:
    stack.up(*LONG)
    stack.write("app.py", "import time; time.sleep(20)\n" + APP)
    client = stack.start("reload")
    until(lambda: "-> reloading" in stack.log("enuf.log"))
    stop(supervisor_of(stack))
    assert "suspended" in client.communicate(timeout=QUICK_S)[1]
    assert client.returncode == 1
    assert stack.run("down", timeout=QUICK_S).code == 0


def test_down_now_kills_a_supervisor_that_does_not_go_on(stack: Stack) -> None:
    """One that is looked into by a debugger stays where it is, whatever signal it gets but KILL."""
    stack.up(*LONG)
    pid = supervisor_of(stack)
    with frozen(stack, pid):
        done = stack.run("down", "--now", timeout=QUICK_S)
    assert (done.code, done.out) == (0, "stopped\n"), done
    assert not stack.processes()


def test_down_now_kills_a_supervisor_that_stops_after_it_removed_its_lock(stack: Stack) -> None:
    stack.up(*LONG)
    pid = supervisor_of(stack)
    runtime = (stack.project / ".enuf/run").resolve()
    with frozen(stack, pid):
        client = stack.start("down", "--now")
        assert client.stderr is not None and "was suspended" in client.stderr.readline()
        shutil.rmtree(runtime.rename(runtime.with_name(f".{runtime.name}.gone")))
        out, _ = client.communicate(timeout=QUICK_S)
    assert (client.returncode, out) == (0, "stopped\n")
    until(lambda: not stack.processes(), what="the servers die with their supervisor")


@contextlib.contextmanager
def frozen(stack: Stack, pid: int) -> Iterator[None]:
    """Stop the process again whenever it goes on."""
    code = (
        "import os, sys, time, psutil\nprint('ready', flush=True)\nwhile psutil.pid_exists(int(sys.argv[1])):\n"
        "    os.kill(int(sys.argv[1]), 19)\n    time.sleep(0.0005)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(pid)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as hand:
        assert hand.stdout is not None and hand.stdout.readline()
        stop(pid)
        try:
            yield
        finally:
            hand.kill()


def test_status_tells_of_a_stack_that_was_killed_and_the_next_start_logs_it(stack: Stack) -> None:
    stack.up(*LONG)
    pid = supervisor_of(stack)
    os.kill(pid, signal.SIGKILL)
    until(lambda: not stack.processes(), what="the servers die with their supervisor")
    for words in (("status",), ("reload",)):
        assert_refused(stack.run(*words), 3, f"the last stack (pid {pid}, since")
    stack.up(*LONG)
    assert stack.log("enuf.log").count(f"the last stack (pid {pid}, since") == 1
    assert stack.run("down").code == 0
    assert "last stack" not in stack.run("status").err, "an end that was asked for is none to wonder about"


def test_a_port_that_a_stopped_nginx_of_a_killed_stack_holds_is_free_for_the_next(stack: Stack) -> None:
    stack.up(*LONG)
    front = stack.status()["front"]["pid"]
    stop(front)
    os.kill(supervisor_of(stack), signal.SIGKILL)
    until(lambda: stack.run("status").code == 3)
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", stack.port)) == 0, "it is still held"
    stack.up("--listen", f"127.0.0.1:{stack.port}", *LONG)
    assert start_mark(front) is None
    assert stack.get("/").status == 200


def test_what_the_app_of_a_killed_stack_left_is_ended_by_the_next_command(stack: Stack) -> None:
    stack.write("app.py", APP + DAEMON)
    stack.up(*LONG)
    os.kill(supervisor_of(stack), signal.SIGKILL)
    until(lambda: len(stack.processes()) == 1, what="the daemon alone is left")
    assert stack.run("down").out == "stopped\n"
    assert not stack.processes()


# -- down while it starts -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "seen", [".enuf/run/lock", ".enuf/state.json", ".enuf/run/control.sock", ".enuf/run/g1"]
)
def test_down_in_the_first_moments_of_a_start_ends_it(stack: Stack, seen: str) -> None:
    start = stack.start("up", "-d", "--listen", "127.0.0.1:0", *LONG)
    until(lambda: (stack.project / seen).exists() or start.poll() is not None)
    assert stack.run("down", timeout=QUICK_S).code == 0
    start.communicate(timeout=QUICK_S)
    assert stack.run("status").code == 3
    assert not stack.processes()


def test_down_ends_a_start_whose_import_hangs(stack: Stack) -> None:
    stack.write("app.py", "import time; time.sleep(600)\n" + APP)
    start = stack.start("up", "-d", "--explain", "--listen", "127.0.0.1:0", *LONG)
    until((stack.project / ".enuf/state.json").exists)
    assert stack.run("down", timeout=QUICK_S).out == "stopped\n"
    start.communicate(timeout=QUICK_S)
    assert not stack.processes()
    assert "last stack" not in stack.run("status").err


# -- what the app starts ------------------------------------------------------------------------------------------

SECONDS = f"9{os.getpid()}"
"""What the app's helpers sleep, unlike those of any other test."""
DAEMON = f"import subprocess\nsubprocess.Popen(['sleep', '{SECONDS}'], start_new_session=True)\n"
BARE_DAEMON = DAEMON.replace(
    "start_new_session=True", "start_new_session=True, env={}, executable='/bin/sleep'"
)
DEAF = f"['sh', '-c', 'trap \"\" TERM HUP INT; sleep {SECONDS}; sleep {SECONDS}']"
STARTS = (
    APP
    + f"""
import subprocess, threading
@app.get("/daemon")
def daemon():
    subprocess.Popen(["sleep", "{SECONDS}"], start_new_session=True)
    subprocess.Popen({DEAF}, start_new_session=True)
    subprocess.Popen(["/bin/sleep", "{SECONDS}"], start_new_session=True, env={{}})
    subprocess.run(["sh", "-c", "setsid sleep {SECONDS} & setsid sleep {SECONDS} &"])
    return "started"
"""
)


def sleepers() -> set[int]:
    """Every helper of the app that is alive, whatever its session and environment."""
    found = psutil.process_iter(["name", "cmdline", "status"])
    return {
        one.pid
        for one in found
        if one.info["name"] == "sleep"
        and SECONDS in (one.info["cmdline"] or ())
        and one.info["status"] != psutil.STATUS_ZOMBIE
    }


def test_what_the_app_starts_in_sessions_of_its_own_ends_with_its_generation_or_the_stack(
    stack: Stack,
) -> None:
    stack.write("app.py", STARTS)
    stack.up(*LONG)
    assert stack.get("/daemon").text == "started"
    before = until(lambda: len(found := sleepers()) == 5 and found)
    assert stack.run("reload").code == 0
    # The one without our mark may be anybody's until the end.
    until(lambda: len(before & sleepers()) == 1, what="the old generation's have ended")
    until(lambda: "g1: ended what its app had left running: sleep" in stack.log("enuf.log"))
    until(lambda: "in which generation cannot be told" in stack.log("enuf.log"))
    assert stack.get("/daemon").text == "started"
    until(lambda: len(sleepers()) == 6)
    assert stack.run("down", timeout=QUICK_S).code == 0
    assert not sleepers()


def test_a_daemon_of_the_import_is_not_left_by_up_plan_reload_or_down(stack: Stack) -> None:
    stack.write("app.py", DAEMON + BARE_DAEMON + APP)
    assert stack.run("plan").code == 0
    until(lambda: not sleepers(), what="the end of what was killed")
    stack.up(*LONG)
    until(lambda: len(sleepers()) == 2, what="those of the app server's own import alone")
    assert stack.run("reload").code == 0
    assert stack.run("down", timeout=QUICK_S).code == 0
    until(lambda: not sleepers(), what="the end of what was killed")


KEEPERS = {
    "processes": f"import multiprocessing, subprocess\nsubprocess.Popen(['sleep', '{SECONDS}'])\n{DAEMON}"
    "multiprocessing.get_context('fork').Process(target=time.sleep, args=(600,)).start()\n",
    "a thread": "import threading\nthreading.Thread(target=time.sleep, args=(600,)).start()\n",
}


@pytest.mark.parametrize("kind", KEEPERS)
def test_neither_a_retirement_nor_a_stop_waits_for_what_the_app_started_at_import(
    stack: Stack, kind: str
) -> None:
    stack.write("app.py", APP + KEEPERS[kind])
    stack.up(*LONG)
    assert stack.run("reload").code == 0
    until(lambda: not stack.status()["retiring"], what="the old generation has ended")
    assert stack.run("down", timeout=QUICK_S).code == 0


def test_a_thread_that_a_request_started_keeps_no_stop_but_a_request_does(stack: Stack) -> None:
    stack.write(
        "app.py",
        APP + '@app.get("/thread")\ndef thread():\n    import threading\n'
        "    threading.Thread(target=time.sleep, args=(600,)).start()\n    return 'x'\n",
    )
    stack.up("--processes", "2", "--threads", "1", *LONG)
    for _ in range(4):
        stack.get("/thread")
    with ThreadPoolExecutor() as pool:
        slow = pool.submit(stack.get, "/held/flight")
        until(lambda: any(worker["status"] == "busy" for worker in stack.status()["server"]["workers"]))
        assert stack.run("reload").code == 0
        stack.let_go("flight")
        assert slow.result().status == 200, "what its old workers had in hand was finished"
    until(lambda: not stack.status()["retiring"])
    assert stack.run("down", timeout=QUICK_S).code == 0


def test_a_process_that_was_below_the_supervisor_before_it_began_is_spared(tmp_path: Path) -> None:
    """As in a container's `sidecar & exec enuf up`."""
    with stack_in(tmp_path / "shop") as stack:
        stack.write("app.py", APP + DAEMON)
        script = f'sleep {SECONDS} >&2 & echo $!; exec "$@"'
        words = ("sh", "-c", script, "sh", *stack.enuf, "up", "--listen", "127.0.0.1:0", "--quiet")
        stack.enuf, enuf = words[:4], stack.enuf
        up = stack.start(*words[4:])
        stack.enuf = enuf
        assert up.stdout is not None
        sidecar = psutil.Process(int(up.stdout.readline()))
        try:
            until(lambda: stack.run("status").code == 0)
            until(lambda: len(sleepers()) == 2, what="the sidecar and the app's daemon alone")
            assert stack.run("down", timeout=QUICK_S).code == 0
            up.wait(QUICK_S)
            assert [one.pid for one in stack.processes()] == [sidecar.pid]
        finally:
            sidecar.kill()


# -- whatever happens ---------------------------------------------------------------------------------------------


@pytest.mark.timeout(300)
def test_down_ends_in_time_and_leaves_nothing_whatever_happens_before(tmp_path: Path) -> None:
    """Several at the same time, as they are mostly waiting."""
    seeds = (*range(20, 25), *range(40, 45))
    with ThreadPoolExecutor(4) as pool:
        outcomes = list(pool.map(lambda seed: trial(tmp_path / str(seed), seed), seeds))
    assert not [outcome for outcome in outcomes if outcome.problems], TIMEOUT_S
