"""What the busy threads of a server work on, by route."""

from __future__ import annotations

import re
from collections.abc import Iterable

import msgspec

from enuf.model.snapshot import Core, Worker

LONG_S = 5.0
"""A thread that has worked on one request for so long holds others up."""
_VALUE = re.compile(
    r"\d[\d.:_-]*"  # a number, a date, an address
    r"|(?=.*\d)[0-9a-fA-F-]{7,}|[0-9a-fA-F-]{16,}"  # a hash, a UUID
    r"|(?=.*\d)[\w=~-]{20,}"  # a token, a ULID
    r"|[^/@]+@[^/@]+"  # an e-mail address
)


class BusyRoute(msgspec.Struct, frozen=True, kw_only=True):
    """The threads that work on requests of one route."""

    route: str
    """`GET /item/*`."""
    threads: int
    longest_s: float
    where: str
    """The line of the project at which the longest request was seen; empty where it is not known."""
    ids: tuple[str, ...]


def route_of(method: str, path: str) -> str:
    """Return the route of a request: segments that are numbers, dates or ids become `*`."""
    segments = ("*" if _VALUE.fullmatch(segment) else segment for segment in path.split("/"))
    return f"{method} {'/'.join(segments)}".strip()


def busy_routes(workers: Iterable[Worker]) -> list[BusyRoute]:
    """Return the routes of the busy threads, the one with most threads first, then the longest."""
    by_route: dict[str, list[Core]] = {}
    for worker in workers:
        for core in worker.cores:
            if core.busy and core.path:
                by_route.setdefault(route_of(core.method, core.path), []).append(core)
    routes = [_route(name, cores) for name, cores in by_route.items()]
    return sorted(routes, key=lambda route: (route.threads, route.longest_s), reverse=True)


def _route(name: str, cores: list[Core]) -> BusyRoute:
    oldest_first = sorted(cores, key=lambda core: core.since_s or 0.0, reverse=True)
    return BusyRoute(
        route=name,
        threads=len(cores),
        longest_s=oldest_first[0].since_s or 0.0,
        where=next((core.where for core in oldest_first if core.where), ""),
        ids=tuple(core.request_id for core in oldest_first if core.request_id),
    )


def holding_route(workers: Iterable[Worker], slots: int | None) -> BusyRoute | None:
    """Return the route that holds at least half of all threads, for LONG_S or longer; None if none does."""
    return next(
        (
            route
            for route in busy_routes(workers)
            if slots and 2 * route.threads >= slots and route.longest_s >= LONG_S
        ),
        None,
    )


def standing_at(where: str) -> str:
    """Return `, at shop/views.py:28 in hang`; empty where the line is not known."""
    line, _, function = where.partition(" in ")
    if function:
        return f", at {line} in {function}"
    return f", at {where}" if where else ""


def lasting(seconds: float) -> str:
    """Return a duration in words: `40 s`, `13 min`."""
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"
