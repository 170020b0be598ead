"""The requests that ended while nobody took samples, in the steps of time in which they ended."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from enuf.model.snapshot import Point
from enuf.observe.live.window import Tally
from enuf.syntax.access_log import AccessRecord

STEP_S, MOST_STEPS = 10.0, 360
SHORTEST_S = 1.0


class MissedRequests:
    """The requests of a time without samples, from the front's log, which has the moment of each."""

    def __init__(self, since: float) -> None:
        """Nobody took samples after `since`, in seconds since the epoch."""
        self._since = since
        self._tallies: dict[int, Tally] = {}

    def add(self, requests: Iterable[AccessRecord], now: float) -> None:
        """Count requests; those of more than an hour ago are left out."""
        earliest = max(self._since, now - STEP_S * MOST_STEPS)
        for one in requests:
            if one.at is not None and one.at >= earliest:
                self._tallies.setdefault(_number_of(one.at), Tally()).add((one,))

    def points(self, after: float, until: float) -> Iterator[Point]:
        """Yield one point for each step between two moments: what a log shows, so nothing of threads, memory and queue."""
        begin = max(after, self._since, until - STEP_S * MOST_STEPS)
        while begin < until:
            number = _number_of(begin)
            end = min((number + 1) * STEP_S, until)
            tally = self._tallies.get(number, Tally())
            tally.seconds = max(end - begin, SHORTEST_S)
            yield Point(at=end, rates=tally.rates, latency=tally.latency)
            begin = end


def _number_of(moment: float) -> int:
    """Return the number of the step in which a moment is."""
    return int(moment // STEP_S)
