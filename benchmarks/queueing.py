"""The queue in front of an app as a model: replicas with slots, requests at random times, service times that were measured.

A slot is a thread of a process of the app's server. A front gives the requests to the replicas in turn, each replica has a queue
of its own, first come, first served: what nginx and uWSGI do. The answer of `erlang_c` is that of one queue for all slots
(A. K. Erlang, 1917), the best that any front can reach.
"""

from __future__ import annotations

import heapq
import random
from collections.abc import Sequence
from math import ceil
from typing import NamedTuple


class Simulated(NamedTuple):
    """Durations that the model expects, in seconds."""

    median_s: float
    p95_s: float
    p99_s: float


def simulate(
    *, replicas: int, slots: int, rate: float, service_s: Sequence[float], requests: int, seed: int = 1
) -> Simulated:
    """Return the durations of so many requests at `rate` per second, each with one of the measured service times."""
    chance = random.Random(seed)
    free_at = [[0.0] * slots for _ in range(replicas)]
    now, durations = 0.0, []
    for number in range(requests):
        now += chance.expovariate(rate)
        queue = free_at[number % replicas]
        begins = max(now, heapq.heappop(queue))
        ends = begins + chance.choice(service_s)
        heapq.heappush(queue, ends)
        durations.append(ends - now)
    settled = sorted(durations[requests // 10 :])  # the queues are empty at first, which is no steady state
    return Simulated(*(percentile(settled, percent) for percent in (50, 95, 99)))


def percentile(rising: Sequence[float], percent: float) -> float:
    """Return the value that so many per cent of the rising values do not exceed."""
    return rising[max(0, ceil(len(rising) * percent / 100) - 1)]


def erlang_c(slots: int, load: float) -> float:
    """Return the share of requests that wait when `load` slots of `slots` are busy on average. Below saturation alone."""
    if load >= slots:
        return 1.0
    blocked = 1.0  # Erlang B, by its recursion: no factorial grows out of bounds
    for number in range(1, slots + 1):
        blocked = load * blocked / (number + load * blocked)
    return blocked / (1 - load / slots * (1 - blocked))
