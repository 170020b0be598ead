"""Something happens to a server while visitors ask at a constant rate."""

from __future__ import annotations

import time
from collections.abc import Callable

from enuf.bench.load.spec import LoadResult
from enuf.bench.scenarios.base import Turn, TurnResult, steady_result

_LONGEST_S = 90.0
_RATE = 50.0
_TIMEOUT_S = 10.0


def result_under_load(turn: Turn, happening: Callable[[], str]) -> TurnResult:
    """Ask at a constant rate before, during and after something happens. Its return value is a note."""
    rate = turn.size.rate or _RATE
    spec = turn.simple(
        "/",
        rate=rate,
        duration_s=_LONGEST_S + 2 * turn.size.duration_s,
        timeout_s=_TIMEOUT_S,
        wanted_body=b"version",
    )
    with turn.sending(spec) as load:
        load.wait(turn.size.duration_s / 2)
        note = happening()
        load.wait(turn.size.duration_s / 2)
        load.stop()
        found: LoadResult = load.result()
    return steady_result(found, rate, memory_mb=turn.running.memory_mb(), notes=(note,) if note else ())


def comes_true(condition: Callable[[], bool], *, within_s: float) -> bool:
    """Wait until the condition holds. Return False if it does not hold in time."""
    began = time.monotonic()
    while time.monotonic() - began < within_s:
        if condition():
            return True
        time.sleep(0.05)
    return False
