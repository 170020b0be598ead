"""Random faults under load; `make soak` runs hundreds of them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.fault_matrix import PROCESSES, THREADS, Trial, run_trial, trials
from tests.support.stack import APP, Stack, stack_in

pytestmark = [pytest.mark.native, pytest.mark.xdist_group("fault-matrix")]

FEW = trials(seed=2, count=12)


@pytest.fixture(scope="module")
def faulty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack with every kind of process, the dashboard too."""
    environ = {"ENUF_DASHBOARD_LISTEN": "127.0.0.1:0"}
    with stack_in(tmp_path_factory.mktemp("faults") / "shop", env=environ) as running:
        running.write("app.py", APP)
        running.up("--processes", str(PROCESSES), "--threads", str(THREADS))
        yield running


@pytest.mark.parametrize("trial", FEW, ids=str)
def test_a_fault_costs_what_the_process_had_in_hand_and_the_stack_serves_again(
    faulty: Stack, trial: Trial
) -> None:
    result = run_trial(faulty, trial)
    assert result.problems == ()
    assert faulty.get("/").status == 200


def test_the_few_trials_meet_every_signal_and_moment() -> None:
    assert {trial.moment for trial in FEW} == {"serving", "reload", "start", "down"}
    assert {trial.signal for trial in FEW} == {"KILL", "TERM", "SEGV", "ABRT", "STOP"}
    assert len({trial.kind for trial in FEW}) >= 6
