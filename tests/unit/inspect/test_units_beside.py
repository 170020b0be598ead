"""What systemd says about the units beside a site, as states of processes and commands."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from tests.support.parts import HOST_NGINX

from enuf.inspect.units_beside import jobs_of, layers_beside, processes_of
from enuf.model.process import Unobservable
from enuf.model.service_state import ServiceState
from enuf.model.site import Installed, Site
from enuf.model.status import (
    ReloadCounts,
    ServerStatus,
    SideProcessStatus,
    StackStatus,
    StatusPaths,
    SupervisorStatus,
)
from enuf.observe.live.units_beside import with_units
from enuf.start.side_command import run_side_command
from enuf.system.side_runs import read_side_runs

RECORD = Installed(
    site=Site(name="shop", nginx=HOST_NGINX),
    project="/srv/shop",
    target=None,
    flags={},
    user="alice",
    beside=(
        "enuf-shop-processes.path",
        "enuf-shop-nightly.timer",
        "enuf-shop-mail-2.service",
        "enuf-shop-mail-1.service",
        "enuf-shop-processes.service",
        "enuf-shop-nightly.service",
    ),
    job_times={"nightly": "0 3 * * *"},
)
STATUS = StackStatus(
    state="serving", reason="", url="http://shop.example", topology="nginx-uwsgi", generation=1, app="app:app",
    supervisor=SupervisorStatus(1), front=None,
    server=ServerStatus(name="uwsgi", version="2.0.30", origin="embedded", pid=2, processes=1, threads=1),
    retiring=(), backlog_limit=None, unseen=Unobservable(), dashboard=None, reloads=ReloadCounts(), warnings=(),
    paths=StatusPaths(conf="", log="/nowhere", socket="", runtime=""),
)  # fmt: skip
NOW = time.time()
EARLY = str(round((time.monotonic() - 60) * 1e6))
LATER = str(round((time.monotonic() - 59) * 1e6))
RUNNING = {
    "LoadState": "loaded", "ActiveState": "active", "SubState": "running", "Result": "success", "NRestarts": "2",
    "MainPID": "144", "RestartUSec": "5s", "ExecMainStartTimestampMonotonic": EARLY, "ExecMainExitTimestampMonotonic": "0",
    "ExecMainCode": "0", "ExecMainStatus": "0",
}  # fmt: skip
ENDED = {**RUNNING, "MainPID": "0", "ExecMainExitTimestampMonotonic": LATER}


def process(**said: str) -> SideProcessStatus:
    (found,) = processes_of(RECORD, {"enuf-shop-mail-1.service": {**RUNNING, **said}})
    return found


def job(timer: dict[str, str], command: dict[str, str]) -> Any:
    timer = {"LoadState": "loaded", "ActiveState": "active", **timer}
    (found,) = jobs_of(RECORD, {"enuf-shop-nightly.timer": timer, "enuf-shop-nightly.service": command})
    return found


def test_a_process_runs_with_its_pid_its_start_and_its_restarts() -> None:
    found = process()
    assert (found.name, found.state, found.pid, found.restarts, found.last_end) == (
        "mail-1",
        "running",
        144,
        2,
        "",
    )
    assert found.since == pytest.approx(NOW - 60, abs=1)


def test_a_process_that_has_ended_waits_for_its_next_start() -> None:
    found = process(
        ActiveState="activating", SubState="auto-restart", MainPID="0", ExecMainCode="1", ExecMainStatus="1",
        ExecMainExitTimestampMonotonic=LATER, RestartUSec="1min 5.5s",
    )  # fmt: skip
    assert (found.state, found.pid, found.since) == ("waiting", None, None)
    assert found.last_end == "exited with status 1"
    assert found.again_at == pytest.approx(NOW - 59 + 65.5, abs=1)


@pytest.mark.parametrize(
    ("active", "sub", "state"),
    [
        ("activating", "start", "running"),
        ("deactivating", "stop-sigterm", "stopping"),
        ("failed", "failed", "waiting"),
        ("inactive", "dead", "stopped"),
        ("reloading", "reload", "running"),
    ],
)
def test_a_process_has_a_word_for_each_state_of_systemd(active: str, sub: str, state: str) -> None:
    assert process(ActiveState=active, SubState=sub).state == state


def test_a_process_that_was_killed_says_by_what() -> None:
    found = process(ActiveState="failed", SubState="failed", ExecMainCode="2", ExecMainStatus="9")
    assert found.last_end == "was killed by SIGKILL"


def test_a_unit_that_systemd_does_not_know_is_left_out() -> None:
    assert processes_of(RECORD, {"enuf-shop-mail-1.service": {"LoadState": "not-found"}}) == ()
    assert jobs_of(RECORD, {}) == ()


@pytest.mark.parametrize(
    ("said", "at"),
    [
        (
            {"NextElapseUSecRealtime": "Sun 2026-11-29 03:00:00 UTC", "NextElapseUSecMonotonic": "0"},
            1795921200.0,
        ),
        ({"NextElapseUSecRealtime": "", "NextElapseUSecMonotonic": "infinity"}, None),
        ({}, None),
    ],
)
def test_a_command_is_due_when_its_timer_says_so(said: dict[str, str], at: float | None) -> None:
    assert job(said, {"LoadState": "loaded", "ActiveState": "inactive"}).next_at == at


def test_an_interval_is_counted_from_the_boot() -> None:
    span = f"{int(time.monotonic() // 60) + 10}min 4.5s"
    found = job({"NextElapseUSecMonotonic": span}, {})
    assert found.next_at == pytest.approx(time.time() + 600, abs=65)


def test_a_command_says_how_its_last_run_ended() -> None:
    good = job({}, {**ENDED, "ActiveState": "inactive", "ExecMainCode": "1"})
    assert (good.times, good.last_result, good.pid) == ("0 3 * * *", "succeeded", None)
    assert good.last_success_at == pytest.approx(NOW - 59, abs=1)
    bad = job(
        {},
        {**ENDED, "ActiveState": "failed", "Result": "exit-code", "ExecMainCode": "1", "ExecMainStatus": "3"},
    )
    assert (bad.last_result, bad.last_end, bad.last_success_at) == ("failed", "exited with status 3", None)
    running = job({}, {**RUNNING, "ActiveState": "activating"})
    assert (running.pid, running.next_at, running.last_result) == (144, None, "")


def test_copies_share_a_layer_and_a_command_has_one_before_its_first_run() -> None:
    assert layers_beside(RECORD) == ("mail", "mail-1", "mail-2", "nightly")


def ran(folder: Path, name: str, code: str) -> int:
    words = ("--project", folder, "--log", folder / f"{name}.log", "--layer", name, "--name", name)
    given = (
        *map(str, words),
        "--programs",
        str(Path(sys.executable).parent),
        "--",
        sys.executable,
        "-c",
        code,
    )
    return run_side_command(given, {"PATH": "/usr/bin:/bin"})


def test_a_command_remembers_its_success_over_later_failures(tmp_path: Path) -> None:
    assert ran(tmp_path, "nightly", "print('done')") == 0
    first = read_side_runs(tmp_path, "nightly").last_success
    assert ran(tmp_path, "nightly", "raise SystemExit(3)") == 3
    assert ran(tmp_path, "nightly", "import os; os.kill(os.getpid(), 9)") == 128 + 9
    kept = read_side_runs(tmp_path, "nightly")
    assert (kept.succeeded, kept.failed, kept.failures, kept.last_success) == (1, 2, 3, first)
    assert kept.last_end == "was killed by SIGKILL"
    seen = job({}, {**ENDED, "ActiveState": "failed", "Result": "exit-code"})
    worker = process(ExecMainStartTimestampMonotonic=str(round(time.monotonic() * 1e6)))
    (tmp_path / "beside/nightly.json").rename(tmp_path / "beside/mail-1.json")
    state = ServiceState(unit="enuf-shop.service", active="active", processes=(worker,), jobs=(seen,))
    shown = with_units(STATUS, state, tmp_path)
    assert shown.beside[0].is_in_a_loop and shown.beside[0].last_end == "was killed by SIGKILL"
    old = process()
    state = ServiceState(unit="enuf-shop.service", active="active", processes=(old,))
    assert not with_units(STATUS, state, tmp_path).beside[0].is_in_a_loop


@pytest.mark.parametrize("content", ["{", "[]", json.dumps({"failures": "many"}), "\x00" * 20])
def test_a_damaged_memory_is_none(tmp_path: Path, content: str) -> None:
    (tmp_path / "beside").mkdir()
    (tmp_path / "beside/nightly.json").write_text(content)
    assert read_side_runs(tmp_path, "nightly").failures == 0
    assert ran(tmp_path, "nightly", "") == 0
    assert read_side_runs(tmp_path, "nightly").succeeded == 1
