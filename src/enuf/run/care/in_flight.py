"""The requests that the app servers work on at this moment."""

from __future__ import annotations

from enuf.observe.live.workers import busy_threads, read_workers
from enuf.run.running import RunningStack


def requests_in_flight(running: RunningStack) -> int:
    """Return how many requests the versions of the app work on; 0 where the server has no statistics."""
    stack, paths = running.stack, running.plan.paths
    numbers = [unit.number for unit in (stack.serving, *stack.retiring) if unit]
    busy = (busy_threads(read_workers(paths.statistics_of(number), number))[0] for number in numbers)
    return sum(filter(None, busy))
