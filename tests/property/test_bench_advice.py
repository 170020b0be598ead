"""The search of `enuf bench advise`, against machines that behave in every way that the search assumes."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from enuf.bench.advice import (
    THREADS,
    SlotCounts,
    SlotPoint,
    SlotTarget,
    chosen,
    ladder_of,
    meets,
    nearest_point,
    next_slots,
)
from tests.support.examples import examples

TARGET = SlotTarget(rate=100.0, p95_ms=50.0)
_NEVER = 10**6
_LADDERS = st.integers(1, 16).map(ladder_of)
_NEEDS = st.fixed_dictionaries({threads: st.integers(1, 80) | st.just(_NEVER) for threads in THREADS})
"""For each number of threads the fewest processes that suffice."""


def _searched(ladder: Sequence[int], needs: dict[int, int]) -> list[SlotPoint]:
    def measure(slots: SlotCounts) -> SlotPoint:
        is_enough = slots.processes >= needs[slots.threads]
        return SlotPoint(
            slots=slots,
            rps=TARGET.rate,
            p95_ms=10.0 if is_enough else 500.0,
            memory_mb=20.0 + 10.0 * slots.processes + 0.1 * slots.threads,
        )

    points: list[SlotPoint] = []
    while (asked := next_slots(TARGET, ladder, points)) is not None:
        points.append(measure(asked))
    return points


@given(_LADDERS, _NEEDS)
@settings(max_examples=examples(300))
def test_the_search_finds_the_fewest_processes_of_all_that_suffice(
    ladder: Sequence[int], needs: dict[int, int]
) -> None:
    found = chosen(TARGET, _searched(ladder, needs))

    enough = [each for each in ladder if each >= min(needs.values())]
    assert (found.slots.processes if found else None) == (enough[0] if enough else None)
    assert found is None or meets(found, TARGET)


@given(_LADDERS, _NEEDS)
@settings(max_examples=examples(300))
def test_the_search_measures_no_point_twice_and_only_a_few(
    ladder: Sequence[int], needs: dict[int, int]
) -> None:
    asked = [point.slots for point in _searched(ladder, needs)]

    assert len(set(asked)) == len(asked)
    assert {each.processes for each in asked} <= set(ladder)
    first = len(ladder).bit_length() + 1
    assert len(asked) <= first + len(THREADS) - 1 + len(ladder).bit_length() * (len(THREADS) - 1)


@given(_LADDERS, st.integers(1, 80))
@settings(max_examples=examples(100))
def test_an_app_that_threads_do_not_help_needs_one_more_measurement_for_each_number_of_threads(
    ladder: Sequence[int], needed: int
) -> None:
    asked = _searched(ladder, dict.fromkeys(THREADS, needed))

    assert len(asked) <= len(ladder).bit_length() + len(THREADS)


@given(_LADDERS)
@settings(max_examples=examples(20))
def test_a_target_that_nothing_meets_is_given_up_after_one_measurement_for_each_number_of_threads(
    ladder: Sequence[int],
) -> None:
    points = _searched(ladder, dict.fromkeys(THREADS, _NEVER))

    assert len(points) == len(THREADS)
    assert chosen(TARGET, points) is None
    assert nearest_point(TARGET, points) in points
