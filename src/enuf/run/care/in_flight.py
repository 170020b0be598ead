"""The requests that the app servers work on at this moment."""

from __future__ import annotations

from enuf.inspect.uwsgi_stats import read_stats
from enuf.model.address import UnixAddress
from enuf.run.running import RunningStack


def requests_in_flight(running: RunningStack) -> int:
    """Return how many requests the versions of the app work on; 0 where the server has no statistics."""
    stack, paths = running.stack, running.plan.paths
    numbers = [unit.number for unit in (stack.serving, *stack.retiring) if unit]
    found = (read_stats(UnixAddress(paths.statistics_of(number))) for number in numbers)
    return sum(stats.in_flight for stats in found if stats)
