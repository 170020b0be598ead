"""One load as data, and what came of a load: these values cross between the command and the processes that send."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import TypeVar

import msgspec

from enuf.bench.results import Generator, Percentile

PER_DOUBLING = 50
"""So many steps has the histogram of latencies from one duration to its double: an error below 0.7 %."""
Kind = TypeVar("Kind")
PERCENTS = (50, 75, 90, 95, 99, 99.9, 99.99, 100)


class LoadSpec(msgspec.Struct, frozen=True, kw_only=True):
    """Requests that are all alike, and the answer that is wanted."""

    port: int
    request: bytes
    """A whole HTTP/1.1 request."""
    duration_s: float
    connections: int
    rate: float | None = None
    """Requests per second; None sends the next request as soon as a connection has its answer."""
    count: int | None = None
    """Send no more requests than so many."""
    timeout_s: float = 10
    wanted_status: int = 200
    wanted_body: bytes = b""
    """Bytes that the body of every good answer begins with."""


class LoadResult(msgspec.Struct, frozen=True, kw_only=True):
    """What a load has counted."""

    requests: int
    """Wanted answers."""
    failures: dict[str, int] = {}
    """Other outcomes, by their kind."""
    seconds: float
    latencies: dict[int, int] = {}
    """Count of the wanted answers by step of `step_of`."""
    busiest_share: float = 0.0
    """CPU time of the busiest sending process, per second of the load."""
    generator: Generator = "built-in"
    percentiles: tuple[Percentile, ...] = ()
    """Where the generator tells percentiles alone, and no histogram."""

    @property
    def failed(self) -> int:
        """Return the number of requests without a wanted answer."""
        return sum(self.failures.values())

    @property
    def at_limit(self) -> bool:
        """Return True when the sending processes had no CPU time left."""
        return self.busiest_share > 0.9


def step_of(latency_s: float) -> int:
    """Return the step of the histogram that holds a latency."""
    return round(PER_DOUBLING * math.log2(max(latency_s, 1e-6) * 1e6))


def milliseconds_of(step: int) -> float:
    """Return the middle of a step in milliseconds."""
    return float(2 ** (step / PER_DOUBLING) / 1000)


def percentile_ms(latencies: dict[int, int], percent: float) -> float | None:
    """Return the latency within which so many per cent were answered; None without answers."""
    total = sum(latencies.values())
    if not total:
        return None
    left = math.ceil(total * percent / 100)
    for step in sorted(latencies):
        left -= latencies[step]
        if left <= 0:
            return milliseconds_of(step)
    raise AssertionError("the counts add up to the total")


def percentiles_of(latencies: dict[int, int]) -> tuple[Percentile, ...]:
    """Return the percentiles of a histogram."""
    found = ((percent, percentile_ms(latencies, percent)) for percent in PERCENTS)
    return tuple(Percentile(percent=percent, ms=round(ms, 3)) for percent, ms in found if ms is not None)


def added(counts: Iterable[Mapping[Kind, int]]) -> dict[Kind, int]:
    """Return counts added up: histograms by their steps, failures by their kinds."""
    total: dict[Kind, int] = {}
    for each in counts:
        for kind, count in each.items():
            total[kind] = total.get(kind, 0) + count
    return total


def joined_results(results: list[LoadResult]) -> LoadResult:
    """Return the results of processes that sent at the same time as one."""
    return LoadResult(
        requests=sum(each.requests for each in results),
        failures=added(each.failures for each in results),
        seconds=max(each.seconds for each in results),
        latencies=added(each.latencies for each in results),
        busiest_share=max(each.busiest_share for each in results),
    )
