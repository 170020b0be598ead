"""Processes and scheduled commands run beside the web app, take new code after it, and end with it."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.dashboard import dashboard_pid, fetch, with_dashboard
from tests.support.stack import APP, Stack, has_ended, stack_in, until

pytestmark = [pytest.mark.native, pytest.mark.xdist_group("beside")]

WORKER = """
import os, signal, sys, time
import app

def drain(*_):
    print("draining")
    while not os.path.exists("let-go-drain"):
        time.sleep(0.02)
    print("drained")
    sys.exit(0)

signal.signal(signal.SIGTERM, drain)
print(f"version {app.VERSION} in {os.getcwd()} queue {os.environ['QUEUE']} secret {os.environ['FROM_FILE']} pid {os.getpid()}")
sys.stdout.write("unfinished")
while True:
    time.sleep(0.05)
"""
STUBBORN = """
import signal, subprocess, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("child", subprocess.Popen(["sleep", "600"]).pid)
time.sleep(600)
"""
SETTINGS = """
[processes]
worker = { command = "python worker.py", count = 2, stop_within = "1m", env = { QUEUE = "urgent" } }
stubborn = { command = "python stubborn.py", stop_within = "1s" }
broken = "python -c 'import sys; sys.exit(\\"no queue\\")'"
lost = "no-such-program --now"

[schedule]
tick = { command = "python -c 'import os; print(os.getppid())'", every = "1s" }
long = { command = "sh -c 'echo begun; sleep 2.5'", every = "1s" }
failing = { command = "false", every = "1s" }
nightly = { command = "true", cron = "0 3 1 1 *" }
"""


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack with processes of every kind, its dashboard included."""
    folder = tmp_path_factory.mktemp("beside") / "shop"
    with with_dashboard(folder, APP) as running:
        running.write("worker.py", WORKER)
        running.write("stubborn.py", STUBBORN)
        running.write("enuf.toml", SETTINGS)
        running.write(".env", "FROM_FILE=hidden\n")
        running.up()
        yield running


def _process(stack: Stack, name: str) -> Any:
    return next(each for each in stack.status()["beside"] if each["name"] == name)


def _job(stack: Stack, name: str) -> Any:
    return next(each for each in stack.status()["jobs"] if each["name"] == name)


def _versions(stack: Stack) -> list[str]:
    return re.findall(r"version (\S+) in", stack.log("worker.log")) if _has_log(stack, "worker.log") else []


def _can_drain(stack: Stack) -> bool:
    """Return True when every copy of the worker handles SIGTERM: each prints its pid after that."""
    pids = [each["pid"] for each in stack.status()["beside"] if each["name"].startswith("worker")]
    ready = (
        re.findall(r"version \S+ in .* pid (\d+)$", stack.log("worker.log"), re.MULTILINE)
        if _has_log(stack, "worker.log")
        else []
    )
    return set(map(str, pids)) <= set(ready)


def _has_log(stack: Stack, name: str) -> bool:
    return (stack.project / ".enuf" / "log" / name).exists()


def test_a_process_has_the_app_s_folder_environment_and_a_log_with_times(stack: Stack) -> None:
    until(lambda: len(_versions(stack)) == 2, what="both copies")
    line = stack.log("worker.log").splitlines()[0]
    assert re.match(r"\[\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d{4}\] version 1 in ", line)
    assert f"in {stack.project.resolve()} queue urgent secret hidden" in line
    stack.until_logged("unfinished", "worker.log")
    shown = stack.run("logs", "--layer", "worker")
    assert shown.code == 0
    assert all(" worker version 1" in each or "unfinished" in each for each in shown.out.splitlines())


def test_an_unknown_layer_is_refused_with_the_known_ones(stack: Stack) -> None:
    until(lambda: _has_log(stack, "tick.log"))
    refused = stack.run("logs", "--layer", "wroker")
    assert refused.code == 2
    assert "front, server, app, enuf" in refused.err
    assert "worker" in refused.err


def test_a_killed_process_is_started_again(stack: Stack) -> None:
    before = until(lambda: _process(stack, "worker-2")["pid"])
    os.kill(before, signal.SIGKILL)
    after = until(
        lambda: _process(stack, "worker-2")["pid"] not in (None, before) and _process(stack, "worker-2")
    )
    assert after["restarts"] >= 1
    assert after["last_end"] == "was killed by SIGKILL"


def test_a_process_that_ends_again_and_again_is_a_trouble_with_growing_pauses(stack: Stack) -> None:
    def loops() -> Any:
        return [each["text"] for each in stack.status()["troubles"] if each["code"] == "crash-loop"]

    found = until(lambda: len(loops()) == 2 and loops())
    assert any("broken exited with status 1" in each and "enuf logs --layer broken" in each for each in found)
    assert any("lost cannot be started: there is no program no-such-program" in each for each in found)
    pauses = re.findall(r"broken: exited.*again in (\S+) s", stack.log("enuf.log"))
    assert pauses[:3] == ["0.5", "1", "2"]
    assert "no queue" in stack.log("broken.log")
    (listed,) = [
        each for each in stack.run("ps", "--json").json["stacks"] if each["project"] == str(stack.project)
    ]
    assert listed["note"] == "ends again and again: broken, lost"


def test_a_command_runs_again_and_again_and_never_twice_at_once(stack: Stack) -> None:
    until(lambda: _job(stack, "long")["runs"]["overlapped"])
    assert "long: not run" in stack.log("enuf.log")
    assert "the run before had not ended" in stack.log("enuf.log")
    until(lambda: _job(stack, "tick")["runs"]["succeeded"] >= 2)
    assert _job(stack, "tick")["last_success_at"]


def test_a_failed_run_is_counted_and_a_trouble(stack: Stack) -> None:
    until(lambda: _job(stack, "failing")["runs"]["failed"])
    (text,) = [each["text"] for each in stack.status()["troubles"] if each["code"] == "job-failed"]
    assert text.startswith("failing exited with status 1")


def test_times_of_crontab_are_planned_ahead(stack: Stack) -> None:
    nightly = _job(stack, "nightly")
    assert nightly["times"] == "0 3 1 1 *"
    assert nightly["next_at"] > 0
    assert nightly["runs"]["missed"] == 0


def test_status_and_metrics_name_what_runs_beside_the_app(stack: Stack) -> None:
    until(lambda: _job(stack, "tick")["runs"]["succeeded"])
    screen = stack.run("status").out
    assert re.search(r"process +worker-1 running, since .*, pid \d+", screen)
    assert re.search(r"job +nightly \(0 3 1 1 \*\), next at ", screen)
    dashboard_pid(stack)
    metrics = fetch(stack, "/metrics")
    assert 'enuf_process_up{name="worker-1"} 1.0' in metrics
    assert 'enuf_process_up{name="broken"} 0.0' in metrics
    assert re.search(r'enuf_process_restarts_total\{name="broken"\} [1-9]', metrics)
    assert re.search(r'enuf_job_runs_total\{name="failing",result="failed"\} [1-9]', metrics)
    assert 'enuf_job_last_success_timestamp_seconds{name="tick"}' in metrics
    assert 'enuf_process_resident_memory_bytes{unit="stubborn"}' in metrics


def test_a_refused_reload_leaves_processes_alone(stack: Stack) -> None:
    until(lambda: len(_versions(stack)) >= 2)
    before = {name: _process(stack, name)["pid"] for name in ("worker-1", "worker-2", "stubborn")}
    stack.write("app.py", "raise RuntimeError('no')\n")
    try:
        assert stack.run("reload").code == 7
    finally:
        stack.write("app.py", APP)
    assert {name: _process(stack, name)["pid"] for name in before} == before
    assert "draining" not in stack.log("worker.log")


def test_a_reload_drains_processes_after_the_switch_and_starts_them_with_the_new_code(stack: Stack) -> None:
    until(lambda: len(_versions(stack)) >= 2)
    old, stubborn = _process(stack, "worker-1")["pid"], _process(stack, "stubborn")["pid"]
    child = int(re.findall(r"child (\d+)", stack.log("stubborn.log"))[-1])
    stack.write("app.py", APP.replace('VERSION = "1"', 'VERSION = "2"'))
    assert stack.run("reload").code == 0
    assert stack.get("/").text == "version 2\n"  # although no old process has ended yet
    stack.until_logged("draining", "worker.log")
    assert _process(stack, "worker-1")["state"] == "stopping"
    assert not has_ended(old)
    assert _versions(stack).count("2") == 0
    until(lambda: has_ended(stubborn) and has_ended(child), what="the end of what ignores TERM")
    stack.let_go("drain")
    until(lambda: _versions(stack).count("2") == 2, what="both copies with the new code")
    assert stack.log("worker.log").count("drained") >= 1
    until(lambda: _process(stack, "worker-1")["state"] == "running")


def test_a_reload_follows_changed_processes(stack: Stack) -> None:
    until(lambda: _process(stack, "worker-2")["pid"])
    gone = _process(stack, "worker-2")["pid"]
    stack.let_go("drain")
    text = SETTINGS.replace("count = 2, ", "").replace("stubborn = {", 'other = "sleep 600"\nstubborn = {')
    stack.write("enuf.toml", text.replace('lost = "no-such-program --now"\n', ""))
    assert stack.run("reload").code == 0

    def names() -> set[str]:
        return {each["name"] for each in stack.status()["beside"] if each["state"] == "running"}

    until(lambda: names() >= {"worker", "other", "stubborn"} and has_ended(gone))
    assert "lost" not in {each["name"] for each in stack.status()["beside"]}
    until(lambda: len(stack.status()["beside"]) == 4)


def test_down_drains_what_runs_beside_the_app_and_leaves_no_process(stack: Stack) -> None:
    """The last test of the module: the stack is down after it."""
    stack.let_go("drain")
    until(lambda: _process(stack, "stubborn")["state"] == "running" and _can_drain(stack))
    drained = stack.log("worker.log").count("drained")
    assert stack.run("down").code == 0
    assert stack.log("worker.log").count("drained") > drained
    assert stack.processes() == []


def test_a_run_that_was_missed_while_the_stack_was_down_is_told(tmp_path: Path) -> None:
    with stack_in(tmp_path / "shop", env={"ENUF_SERVE_USER": "root"}) as running:
        running.write("app.py", APP)
        running.write("enuf.toml", '[schedule]\nnightly = { command = "true", cron = "0 3 * * *" }\n')
        running.write(
            "Procfile", "web: gunicorn app:app\nworker: sleep 600\nrelease: flask db upgrade\nbad: sleep $N\n"
        )
        running.write(
            ".enuf/jobs.json", '{"nightly": {"times": "0 3 * * *", "due": 1000000000.0, "last_success": 5.0}}'
        )
        started = running.up()
        assert "Procfile:3: release is not run" in started.err + started.out
        assert "Procfile:4: bad is not run" in started.err + started.out
        job = until(lambda: running.status()["jobs"])[0]
        assert job["runs"]["missed"] >= 1
        assert job["last_success_at"] == 5.0
        assert "nightly: not run" in running.log("enuf.log")
        assert [each["name"] for each in running.status()["beside"]] == ["worker"]
