"""Looking again and again: on a screen of its own, as lines, or once."""

from __future__ import annotations

import contextlib
import os
import select
import sys
import time
from collections.abc import Iterator
from io import StringIO
from typing import Protocol

from rich.console import Console
from rich.live import Live

from enuf.model.snapshot import Snapshot
from enuf.top.screen import snapshot_line, snapshot_screen

LEAVES = frozenset("qQ\x03\x1b")
FIRST_LOOK_S = 1.0
"""Rates and CPU need two samples."""


class SnapshotSource(Protocol):
    """Something that can be looked at."""

    def sample(self) -> Snapshot:
        """It now."""
        ...


def second_sample(source: SnapshotSource) -> Snapshot:
    """A look at what has happened within a second."""
    source.sample()
    time.sleep(FIRST_LOOK_S)
    return source.sample()


def snapshot_text(now: Snapshot, *, width: int = 80) -> str:
    """The screen without colours."""
    console = Console(
        file=StringIO(), width=width, color_system=None, force_terminal=False, legacy_windows=False
    )
    console.print(snapshot_screen(now, width=width))
    assert isinstance(console.file, StringIO)
    return "\n".join(row.rstrip() for row in console.file.getvalue().splitlines())


def sample_lines(source: SnapshotSource, every_s: float) -> Iterator[str]:
    """One line per look, for ever."""
    source.sample()
    while True:
        time.sleep(every_s)
        yield snapshot_line(source.sample())


def show_live(source: SnapshotSource, every_s: float, *, color: bool = True) -> None:
    """The whole terminal, until q, Escape or Ctrl-C; it is as before then."""
    console = Console(no_color=not color, highlight=False)
    first = source.sample()
    with (
        _keys() as pressed,
        Live(
            snapshot_screen(first, width=console.width), console=console, screen=True, auto_refresh=False
        ) as live,
    ):
        while not pressed(every_s):
            live.update(snapshot_screen(source.sample(), width=console.width), refresh=True)


class _Pressed(Protocol):
    def __call__(self, within_s: float) -> bool:
        """True when one of the keys that leave was pressed within the time."""
        ...


@contextlib.contextmanager
def _keys() -> Iterator[_Pressed]:
    """Keys as they are pressed; on a stdin that is no terminal there are none."""
    if not sys.stdin.isatty():
        yield _sleep
        return
    import termios
    import tty

    descriptor = sys.stdin.fileno()
    before = termios.tcgetattr(descriptor)
    try:
        tty.setcbreak(descriptor)
        yield lambda within_s: _leave_pressed(descriptor, within_s)
    finally:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)


def _sleep(within_s: float) -> bool:
    time.sleep(within_s)
    return False


def _leave_pressed(descriptor: int, within_s: float) -> bool:
    deadline = time.monotonic() + within_s
    while (left := deadline - time.monotonic()) > 0:
        ready, _, _ = select.select([descriptor], [], [], left)
        if not ready:
            return False
        typed = os.read(descriptor, 64).decode("utf-8", "replace")
        if not typed or (LEAVES & set(typed[:1])):  # the terminal has gone, or somebody wants to leave
            return True
    return False
