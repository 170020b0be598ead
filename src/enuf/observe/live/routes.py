"""Figures of each route over the last minutes, in bounded memory."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable

import msgspec
from msgspec.structs import replace

from enuf.model.snapshot import ErrorGroup, RouteFigures, RouteTable, SlowRequest, Snapshot
from enuf.observe.live.busy_routes import BusyRoute, busy_routes, route_of
from enuf.observe.live.window import LogHistogram
from enuf.observe.logs.own_code import own_line
from enuf.syntax.access_log import AccessRecord

SLICE_S, SLICES = 30.0, 10
"""The table covers the last SLICES slices of time, the one that has just begun included."""
SHARES_OF_SLICES = 2
MOST_ROUTES, MOST_SHOWN = 100, 40
OTHERS, UNMATCHED = "(other routes)", "(no such path)"
"""Rows for the requests that would make a row too many, and for those that matched no route of the app."""
_METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))
_UNMATCHED_STATUSES = frozenset((400, 404, 405))


class RouteShare(msgspec.Struct, frozen=True, kw_only=True):
    """What one route takes of the time in which threads work on requests."""

    route: str
    share: float
    """From 0 to 1."""
    mean_s: float
    """Time of one request."""


class _RouteTally:
    """The requests of one route in one slice of time."""

    def __init__(self) -> None:
        self.requests = self.failed = self.rejected = 0
        self.durations = LogHistogram()
        self.total_s = self.wait_s = self.app_s = 0.0
        self.timed = 0
        """Requests whose wait is known."""

    def add(self, one: AccessRecord) -> None:
        self.requests += 1
        self.failed += one.status >= 500
        self.rejected += 400 <= one.status < 500
        if not one.changed_protocol:
            self.durations.add(one.total_s)
            self.total_s += one.total_s
        if one.wait_s is not None:
            self.timed += 1
            self.wait_s += one.wait_s
            self.app_s += one.app_s or 0.0

    def merge(self, other: _RouteTally) -> None:
        self.requests += other.requests
        self.failed += other.failed
        self.rejected += other.rejected
        self.durations.merge(other.durations)
        self.total_s += other.total_s
        self.timed += other.timed
        self.wait_s += other.wait_s
        self.app_s += other.app_s


class RouteCounter:
    """A counter of the requests of the last minutes by route.

    Strangers choose the paths, so a path gets a row of its own only when the app has a route for it, and
    MOST_ROUTES bounds the rows.
    """

    def __init__(self, begun_at: float) -> None:
        """`begun_at` is the time from which on requests are counted, in seconds since the epoch."""
        self._begun_at = begun_at
        self._slices: deque[tuple[int, dict[str, _RouteTally]]] = deque()
        """The number of each slice since the epoch, and its routes; oldest first."""
        self._rows: Counter[str] = Counter()
        """In how many slices each route is."""

    def add(self, requests: Iterable[AccessRecord], now: float) -> None:
        """Count requests that have ended. Older ones than the table are left out, and those that met a closed site."""
        self._forget(now)
        for one in (each for each in requests if not each.of_closed_site):
            at = min(now, now if one.at is None else one.at)
            tallies = self._slice_at(at, now)
            if tallies is None:
                continue
            self._begun_at = min(self._begun_at, at)
            row = self._row_of(one)
            if row not in tallies:
                tallies[row] = _RouteTally()
                self._rows[row] += 1
            tallies[row].add(one)

    def covered_s(self, now: float) -> float:
        """Return the seconds that the table covers."""
        oldest = (int(now // SLICE_S) - SLICES + 1) * SLICE_S
        return max(1.0, now - max(self._begun_at, oldest))

    def tallies(self, now: float, slices: int = SLICES) -> dict[str, _RouteTally]:
        """Return the requests of each route in the last slices of time."""
        self._forget(now)
        whole: dict[str, _RouteTally] = {}
        for number, tallies in self._slices:
            if number <= int(now // SLICE_S) - slices:
                continue
            for row, tally in tallies.items():
                whole.setdefault(row, _RouteTally()).merge(tally)
        return whole

    def _slice_at(self, at: float, now: float) -> dict[str, _RouteTally] | None:
        """Return the slice of a moment; None if the moment is older than the table."""
        number = int(at // SLICE_S)
        if number <= int(now // SLICE_S) - SLICES:
            return None
        for known, begun in reversed(self._slices):
            if known == number:
                return begun
        tallies: dict[str, _RouteTally] = {}
        self._slices.append((number, tallies))
        self._slices = deque(sorted(self._slices, key=lambda each: each[0]))
        return tallies

    def _forget(self, now: float) -> None:
        """Forget the slices that are too old, and those of the future: the clock was set back."""
        newest = int(now // SLICE_S)
        for number, tallies in list(self._slices):
            if not newest - SLICES < number <= newest:
                self._slices.remove((number, tallies))
                self._rows.subtract(tallies.keys())
                self._rows = +self._rows

    def _row_of(self, one: AccessRecord) -> str:
        method, path = one.method, one.path
        if method not in _METHODS or not path.startswith("/"):
            return UNMATCHED
        row = route_of(method, path)
        if row in self._rows:
            return row
        if one.status in _UNMATCHED_STATUSES:
            return UNMATCHED
        return row if len(self._rows) < MOST_ROUTES else OTHERS


def time_shares(counter: RouteCounter, now: float) -> tuple[RouteShare, ...]:
    """Return the shares of the routes in the time of the threads in the last half minute to minute, the largest first."""
    taken = {
        row: (tally.app_s if tally.timed else tally.total_s, tally.requests)
        for row, tally in counter.tallies(now, SHARES_OF_SLICES).items()
    }
    whole_s = sum(seconds for seconds, _ in taken.values())
    shares = (
        RouteShare(route=row, share=seconds / whole_s, mean_s=seconds / requests)
        for row, (seconds, requests) in taken.items()
        if seconds > 0
    )
    return tuple(sorted(shares, key=lambda each: each.share, reverse=True))


def route_table(counter: RouteCounter, shown: Snapshot, project: str) -> RouteTable:
    """Return the routes with what their requests do now and where they were seen, most time first.

    `project` is the folder whose code is the project's own.
    """
    tallies, covered_s = counter.tallies(shown.at), counter.covered_s(shown.at)
    busy = {each.route: each for each in busy_routes(shown.workers)}
    stood = _stood(shown.slow, project)
    failed = _failed(shown.error_groups)
    empty = _RouteTally()

    def time_taken(row: str) -> float:
        in_hand = busy[row].longest_s * busy[row].threads if row in busy else 0.0
        return tallies.get(row, empty).total_s + in_hand

    rows = sorted(sorted({*tallies, *busy}), key=time_taken, reverse=True)
    figures = tuple(
        _standing(
            _figures(row, tallies.get(row, empty), covered_s),
            busy.get(row),
            stood.get(row, ""),
            failed.get(row, ""),
        )
        for row in rows[:MOST_SHOWN]
    )
    return RouteTable(seconds=round(covered_s, 1), routes=figures, hidden=max(0, len(rows) - MOST_SHOWN))


def _figures(row: str, tally: _RouteTally, covered_s: float) -> RouteFigures:
    return RouteFigures(
        route=row,
        requests=tally.requests,
        per_s=round(tally.requests / covered_s, 4),
        p50_s=tally.durations.percentile(0.5),
        p95_s=tally.durations.percentile(0.95),
        wait_s=round(tally.wait_s / tally.timed, 6) if tally.timed else None,
        app_s=round(tally.app_s / tally.timed, 6) if tally.timed else None,
        failed=tally.failed,
        rejected=tally.rejected,
    )


def _standing(route: RouteFigures, busy: BusyRoute | None, stood: str, failed: str) -> RouteFigures:
    """Return the route with what its threads do now, and the lines of the project where it was seen."""
    return replace(
        route,
        busy=busy.threads if busy else 0,
        longest_s=round(busy.longest_s, 1) if busy else None,
        where=(busy.where if busy else "") or stood,
        fails_at=failed if route.failed else "",
    )


def _stood(slow: Iterable[SlowRequest], project: str) -> dict[str, str]:
    """Return the line of the project in which the latest slow request of each route was seen."""
    lines: dict[str, str] = {}
    for one in slow:
        route = route_of(one.method, one.path)
        if one.stack and route not in lines and (line := own_line(one.stack, project)):
            lines[route] = line
    return lines


def _failed(errors: Iterable[ErrorGroup]) -> dict[str, str]:
    """Return the line of the project in which the latest error of each route was raised."""
    lines: dict[str, str] = {}
    for group in errors:
        method, _, path = group.request.partition(" ")
        if path and group.where:
            lines.setdefault(route_of(method, path), group.where)
    return lines
