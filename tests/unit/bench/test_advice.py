"""What `enuf bench advise` makes of measured points."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from enuf.bench.advice import (
    SlotCounts,
    SlotPoint,
    SlotTarget,
    chosen,
    ladder_of,
    meets,
    nearest_point,
    next_slots,
    settings_text,
    why_missed,
    why_out_of_reach,
)

TARGET = SlotTarget(rate=200.0, p95_ms=50.0)


def _point(processes: int, threads: int = 2, **figures: Any) -> SlotPoint:
    point = SlotPoint(
        slots=SlotCounts(processes, threads), rps=200.0, p95_ms=20.0, memory_mb=30.0 + 10 * processes
    )
    return replace(point, **figures)


@pytest.mark.parametrize(
    ("figures", "reason"),
    [
        ({"p95_ms": 50.1}, "95 % within 50.1 ms"),
        ({"p95_ms": None}, "the latency was not measured"),
        ({"rps": 150.0}, "answers at most 150 requests per second"),
        ({"failed": 1}, "1 requests failed"),
        ({"p95_ms": 50.0, "rps": 200.0}, ""),
    ],
)
def test_a_point_meets_the_target_with_the_whole_rate_in_time_and_without_failures(
    figures: dict[str, Any], reason: str
) -> None:
    point = _point(2, **figures)

    assert why_missed(TARGET, point) == reason
    assert meets(point, TARGET) is (reason == "")


def test_the_point_with_the_least_memory_is_chosen() -> None:
    points = [_point(4), _point(2, 8, memory_mb=45.0), _point(3, memory_mb=60.0), _point(1, p95_ms=900.0)]

    found = chosen(TARGET, points)

    assert found is not None
    assert settings_text(found.slots) == "[serve]\nprocesses = 2\nthreads = 8"


def test_where_memory_is_unknown_the_fewest_processes_are_chosen() -> None:
    found = chosen(TARGET, [_point(4, memory_mb=None), _point(2, 8), _point(2, 4)])

    assert found is not None
    assert found.slots == SlotCounts(2, 4)


def test_one_process_that_suffices_ends_the_search() -> None:
    points = [_point(8), _point(4), _point(2), _point(1)]

    assert next_slots(TARGET, ladder_of(2), points) is None


def test_the_point_nearest_to_a_target_out_of_reach_serves_the_most_requests() -> None:
    points = [_point(2, rps=120.0), _point(8, rps=180.0), _point(4, rps=190.0, failed=3)]

    assert nearest_point(TARGET, points) is points[1]


def test_a_target_that_needs_more_cores_than_there_are_says_so() -> None:
    assert (
        why_out_of_reach(TARGET, [_point(8, cpu_us_per_request=20_000.0)], 2)
        == "200 requests per second need 4.0 cores, and this machine has 2"
    )
    assert "do not help" in why_out_of_reach(TARGET, [_point(8, cpu_us_per_request=500.0)], 2)


def test_up_to_four_processes_for_each_core_are_tried() -> None:
    assert ladder_of(1) == (1, 2, 3, 4, 6, 8)
    assert ladder_of(4)[-1] == 16
