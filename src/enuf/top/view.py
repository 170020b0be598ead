"""What a person at the terminal has chosen to see: the order of the rows, the part of a long screen, the help."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
from msgspec.structs import replace
from rich.cells import set_cell_size

from enuf.model.snapshot import RouteFigures, Worker
from enuf.model.words import ENGLISH, Words

ROUTE_ORDERS: dict[str, Callable[[RouteFigures], float]] = {
    "time": lambda _: 0.0,  # the table's own order
    "rate": lambda route: route.per_s,
    "p95": lambda route: route.p95_s or 0.0,
    "errors": lambda route: route.failed,
}
"""The orders of routes by name; the largest figure stands first, equal ones stay as they are."""
THREAD_ORDERS: dict[str, Callable[[Worker], float]] = {
    "number": lambda _: 0.0,
    "longest": lambda worker: max((core.since_s or 0.0 for core in worker.cores if core.busy), default=0.0),
    "requests": lambda worker: worker.requests or 0,
    "memory": lambda worker: worker.pss_bytes or worker.rss_bytes,
    "CPU": lambda worker: worker.cpu or 0.0,
}
"""The orders of workers with their threads by name."""
LEAVING = frozenset(("q", "Q", "ctrl-c", "escape", "closed"))
KEYS = 20
"""Columns of the keys on the page about them."""


class TopView(msgspec.Struct, frozen=True):
    """The choices of a person at the terminal."""

    offset: int = 0
    """Rows above the part that is shown."""
    routes: str = "time"
    threads: str = "number"
    is_help: bool = False


AT_FIRST = TopView()


def after_key(view: TopView, key: str, *, rows: int, room: int) -> TopView | None:
    """Return the choices after a key, for a screen of `rows` of which `room` fit; None for a key that leaves."""
    if key in LEAVING and not (view.is_help and key == "escape"):
        return None
    if key in ("?", "h") or view.is_help:
        return replace(view, is_help=not view.is_help, offset=0)
    if key == "s":
        return replace(view, routes=_next(list(ROUTE_ORDERS), view.routes))
    if key == "t":
        return replace(view, threads=_next(list(THREAD_ORDERS), view.threads))
    steps = {
        "down": 1,
        "j": 1,
        "up": -1,
        "k": -1,
        "pgdn": room,
        " ": room,
        "pgup": -room,
        "home": -rows,
        "end": rows,
    }
    return replace(view, offset=within(view.offset + steps.get(key, 0), rows=rows, room=room))


def within(offset: int, *, rows: int, room: int) -> int:
    """Return the offset, or the nearest one that leaves no part of the screen empty."""
    return max(0, min(offset, rows - room))


def footer(view: TopView, *, rows: int, room: int, words: Words = ENGLISH) -> str:
    """Return the last row: the keys, the orders, and which rows are shown where not all fit."""
    if view.is_help:
        return f"{words.sentence('any key: back')}   {words.sentence('q quit')}"
    parts = [
        words.sentence("q quit"),
        words.sentence("? help"),
        words.sentence(f"s routes by {words.label(view.routes)}"),
        words.sentence(f"t threads by {words.label(view.threads)}"),
    ]
    if rows > room:
        parts.append(words.sentence(f"rows {view.offset + 1}-{min(rows, view.offset + room)} of {rows}"))
    return "   ".join(parts)


def help_text(words: Words = ENGLISH) -> str:
    """Return the page about keys and figures."""
    routes = ", ".join(map(words.label, ROUTE_ORDERS))
    threads = ", ".join(map(words.label, THREAD_ORDERS))
    return "\n".join(
        [
            _help_row(words, "q, Escape, Ctrl-C", "leave"),
            _help_row(words, "arrows, j k", "scroll by a line"),
            _help_row(words, "PgUp PgDn, space", "scroll by a screen; Home and End: to its ends"),
            _help_row(words, "s", f"sort the routes: {routes}"),
            _help_row(words, "t", f"sort the threads: {threads}"),
            _help_row(words, "? or h", "this help"),
            "",
            _help_row(words, "answers", "answered requests per second"),
            _help_row(words, "wait, app", "time until a thread took the request, and from there on"),
            _help_row(words, "waiting", "connections in the queue that no thread has taken yet"),
            _help_row(words, "g2 w1", "worker 1 of generation 2: requests, memory, CPU, threads"),
            _help_row(words, "PSS, RSS", "memory: shared parts count in part, or in full"),
            _help_row(words, "routes", "requests by route, last minutes; * is a number or an id"),
            _help_row(words, "enuf logs --id ID", "the story of one request; enuf dash: the same with plots"),
        ]
    )


def _help_row(words: Words, label: str, meaning: str) -> str:
    return f"{set_cell_size(words.label(label), KEYS)}{words.sentence(meaning)}"


def _next(names: list[str], name: str) -> str:
    return names[(names.index(name) + 1) % len(names)]
