"""Output of snapshots: live on the whole terminal, as lines, or once."""

from __future__ import annotations

import time
from collections.abc import Iterator
from io import StringIO
from typing import NamedTuple, Protocol

from msgspec.structs import replace
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.segment import Segment, Segments
from rich.text import Text

from enuf.model.snapshot import Snapshot
from enuf.model.words import ENGLISH, Words
from enuf.top.keyboard import keyboard
from enuf.top.screen import MANY_ROWS, snapshot_line, snapshot_screen
from enuf.top.view import AT_FIRST, TopView, after_key, footer, help_text, within

WHOLE_ROWS = 2000
"""Columns of a pipe or a file, in which no row is cut."""
FIRST_SAMPLE_S = 1.0
"""Rates and CPU need two samples."""


class SnapshotSource(Protocol):
    """A source of snapshots."""

    def sample(self) -> Snapshot:
        """Take a snapshot."""
        ...


def second_sample(source: SnapshotSource) -> Snapshot:
    """Take two snapshots a second apart, and return the second, which has rates."""
    source.sample()
    time.sleep(FIRST_SAMPLE_S)
    return source.sample()


def snapshot_text(now: Snapshot, *, width: int | None = None, words: Words = ENGLISH) -> str:
    """Render a snapshot as text without colours, its rows cut at `width`; whole rows without one."""
    console = Console(
        file=StringIO(),
        width=width or WHOLE_ROWS,
        color_system=None,
        force_terminal=False,
        legacy_windows=False,
    )
    console.print(snapshot_screen(now, width=width or WHOLE_ROWS, words=words))
    assert isinstance(console.file, StringIO)
    return "\n".join(row.rstrip() for row in console.file.getvalue().splitlines())


def sample_lines(source: SnapshotSource, every_s: float) -> Iterator[str]:
    """Yield one line per snapshot, without end."""
    source.sample()
    while True:
        time.sleep(every_s)
        yield snapshot_line(source.sample())


def show_live(source: SnapshotSource, every_s: float, *, color: bool = True, words: Words = ENGLISH) -> None:
    """Show snapshots on the whole terminal until a key that leaves, then restore the terminal."""
    console = Console(no_color=not color, highlight=False)
    shown = _Shown(source.sample(), AT_FIRST, words)
    with (
        keyboard() as keys,
        Live(_page(shown, console), console=console, screen=True, auto_refresh=False) as live,
    ):
        due = time.monotonic() + every_s
        while True:
            for key in keys.wait(due - time.monotonic()):
                view = after_key(shown.view, key, rows=len(_rows(shown, console)), room=_room(console))
                if view is None:
                    return
                shown = shown._replace(view=view)
            if time.monotonic() >= due:
                shown, due = shown._replace(now=source.sample()), time.monotonic() + every_s
            live.update(_page(shown, console), refresh=True)


class _Shown(NamedTuple):
    now: Snapshot
    view: TopView
    words: Words


def _rows(shown: _Shown, console: Console) -> list[list[Segment]]:
    """Render all rows of the screen, the help in place of the snapshot while it is open."""
    width = console.width
    content = (
        Text(help_text(shown.words), no_wrap=True, overflow="ellipsis")
        if shown.view.is_help
        else snapshot_screen(shown.now, width=width, most=MANY_ROWS, view=shown.view, words=shown.words)
    )
    return console.render_lines(content, console.options.update(width=width, height=None), pad=False)


def _room(console: Console) -> int:
    """Return how many rows fit above the footer."""
    return max(1, console.height - 1)


def _page(shown: _Shown, console: Console) -> RenderableType:
    """Return the part of the screen that fits, and the footer below."""
    rows, room = _rows(shown, console), _room(console)
    offset = within(shown.view.offset, rows=len(rows), room=room)
    empty: list[list[Segment]] = [[] for _ in range(room - len(rows))]
    part = [*rows[offset : offset + room], *empty]
    lines = Segments([segment for row in part for segment in (*row, Segment.line())])
    last = footer(replace(shown.view, offset=offset), rows=len(rows), room=room, words=shown.words)
    return Group(lines, Text(last, style="dim", no_wrap=True, overflow="ellipsis", end=""))
