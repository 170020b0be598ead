"""The lists of the terminal's view: routes, slow requests, errors, and what happened."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from rich.text import Text

from enuf.model.snapshot import ErrorGroup, RouteFigures, SlowRequest, Snapshot, TimelineEvent
from enuf.model.words import Words
from enuf.observe.live.beside_texts import job_text, process_text
from enuf.observe.live.busy_routes import route_of, standing_at
from enuf.observe.live.troubles import clock
from enuf.top.figures import rate, short_duration
from enuf.top.rows import labelled_rows, one_row
from enuf.top.view import ROUTE_ORDERS

_OWN_NUMBERS = re.compile(r"\b[0-9a-f]{32}\b|\d+")
_REPEATED = frozenset(("hung", "crash", "warning"))


def route_rows(now: Snapshot, order: str, most: int, words: Words) -> list[Text]:
    """Render the routes in this order: rate, 95th percentile, answers 5xx, busy threads, name."""
    routes = now.routes.routes if now.routes else ()
    asked = [route for route in routes if route.requests or route.busy]
    shown = sorted(asked, key=ROUTE_ORDERS[order], reverse=True)[:most]
    return labelled_rows(words, "routes", (_route(route, words) for route in shown))


def _route(route: RouteFigures, words: Words) -> list[str | tuple[str, str]]:
    failed = (f"   5xx {route.failed}", "bold red" if route.failed else "dim")
    busy = f"   {words.sentence(f'{route.busy} busy')}" if route.busy else ""
    return [
        f"{rate(route.per_s):>5}/s   p95 {short_duration(route.p95_s):>7}",
        failed,
        (f"{busy}   {one_row(route.route)}", ""),
        one_row(words.sentence(standing_at(route.fails_at or route.where))),
    ]


def slow_rows(slow: Sequence[SlowRequest], most: int, words: Words) -> list[Text]:
    """Render the slow requests, those of one route as one row with the latest of them."""
    by_route: dict[str, list[SlowRequest]] = {}
    for one in slow:
        by_route.setdefault(f"{route_of(one.method, one.path)} {one.status}", []).append(one)
    return labelled_rows(words, "slow", ([_slow(alike, words)] for alike in list(by_route.values())[:most]))


def _slow(alike: Sequence[SlowRequest], words: Words) -> str:
    one = alike[0]
    times = f"{len(alike)} x " if len(alike) > 1 else ""
    where = "  ".join(f"{words.label(name)} {short_duration(value)}" for name, value in one.phases)
    took = f"{short_duration(one.total_s)}: {where}" if where else short_duration(one.total_s)
    return f"{clock(one.at)} {times}{one.status} {one.method} {one.path}  {took}"


def beside_rows(now: Snapshot, words: Words) -> list[Text]:
    """Render the processes and the scheduled commands beside the app; red what ends again and again, or has failed."""
    processes = (
        [(one_row(process_text(each, words)), "bold red" if each.is_in_a_loop else "")] for each in now.beside
    )
    jobs = (
        [(one_row(job_text(each, words)), "bold red" if each.last_result == "failed" else "")]
        for each in now.jobs
    )
    return [*labelled_rows(words, "process", processes), *labelled_rows(words, "job", jobs)]


def error_rows(groups: Sequence[ErrorGroup], most: int, words: Words) -> list[Text]:
    """Render errors that are alike as one row: `45 x app: ZeroDivisionError: … at app.py:15 in boom, GET /boom`."""
    rows = ([f"{clock(group.last_at)} ", *_error(group, words)] for group in groups[:most])
    return labelled_rows(words, "error", rows)


def _error(group: ErrorGroup, words: Words) -> list[str | tuple[str, str]]:
    times = f"{group.count} x " if group.count > 1 else ""
    text = group.text if group.layer == "app" else words.sentence(group.text)
    request = f", {group.request}" if group.request else ""
    where = f"{words.sentence(standing_at(group.where))}{request}"
    return [f"{times}{group.layer}: ", (one_row(text), "red"), one_row(where)]


def event_rows(events: Iterable[TimelineEvent], most: int, words: Words) -> list[Text]:
    """Render what happened, the latest first; events that differ in numbers alone are one row with the latest of them."""
    alike: dict[str, list[TimelineEvent]] = {}
    for number, event in enumerate(events):
        name = _OWN_NUMBERS.sub("#", event.text) if event.kind in _REPEATED else str(number)
        alike[name] = [*alike.pop(name, []), event]  # the latest stands last
    groups = list(reversed(alike.values()))
    rows = ([f"{clock(group[-1].at)} {_event(group, words)}"] for group in groups[:most])
    return labelled_rows(words, "happened", rows)


def _event(group: Sequence[TimelineEvent], words: Words) -> str:
    text = words.sentence(group[-1].text)
    return one_row(f"{len(group)} x {text}" if len(group) > 1 else text)
