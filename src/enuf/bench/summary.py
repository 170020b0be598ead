"""The turns of a topology in a scenario, put together as one row: medians, and what was counted in all."""

from __future__ import annotations

import statistics
from collections.abc import Iterable

from enuf.bench.load.spec import added, percentiles_of
from enuf.bench.results import Row, SlotStep, UnwantedAnswers
from enuf.bench.scenarios.base import TurnResult

_DIGITS = 3


def row_of(topology: str, scenario: str, address: str, turns: list[TurnResult]) -> Row:
    """Return the row of all turns, of which there is at least one."""
    rounds = tuple(each.round for each in turns)
    failures = added(each.failures for each in turns)
    return Row(
        topology=topology,
        scenario=scenario,
        address=address,
        requests=sum(each.requests for each in rounds),
        failed=sum(each.failed for each in rounds),
        rps=_median(each.rps for each in rounds),
        p50_ms=_median(each.p50_ms for each in rounds),
        p95_ms=_median(each.p95_ms for each in rounds),
        p99_ms=_median(each.p99_ms for each in rounds),
        cpu_us_per_request=_median(each.cpu_us_per_request for each in rounds),
        memory_mb=_median(each.memory_mb for each in rounds),
        generator=turns[-1].generator,
        rounds=rounds,
        latencies=percentiles_of(added(each.latencies for each in turns)),
        rate=next((each.rate for each in reversed(turns) if each.rate), None),
        failures=tuple(UnwantedAnswers(kind=kind, count=failures[kind]) for kind in sorted(failures)),
        steps=_steps(turns),
        notes=tuple(dict.fromkeys(note for each in turns for note in each.notes)),
    )


def _steps(turns: list[TurnResult]) -> tuple[SlotStep, ...]:
    """Return the median time of each step."""
    times: dict[tuple[int, float], list[float]] = {}
    for step in (step for turn in turns for step in turn.steps):
        times.setdefault((step.at_once, step.wait_s), []).append(step.seconds)
    return tuple(
        SlotStep(at_once=at_once, wait_s=wait_s, seconds=round(statistics.median(found), _DIGITS))
        for (at_once, wait_s), found in sorted(times.items())
    )


def _median(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return round(statistics.median(known), _DIGITS) if known else None
