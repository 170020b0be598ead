"""Output of snapshots: live on the whole terminal, as lines, or once."""

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
from enuf.model.words import ENGLISH, Words
from enuf.top.screen import snapshot_line, snapshot_screen

LEAVE_KEYS = frozenset("qQ\x03\x1b")
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


def snapshot_text(now: Snapshot, *, width: int = 80, words: Words = ENGLISH) -> str:
    """Render a snapshot as text without colours."""
    console = Console(
        file=StringIO(), width=width, color_system=None, force_terminal=False, legacy_windows=False
    )
    console.print(snapshot_screen(now, width=width, words=words))
    assert isinstance(console.file, StringIO)
    return "\n".join(row.rstrip() for row in console.file.getvalue().splitlines())


def sample_lines(source: SnapshotSource, every_s: float) -> Iterator[str]:
    """Yield one line per snapshot, without end."""
    source.sample()
    while True:
        time.sleep(every_s)
        yield snapshot_line(source.sample())


def show_live(source: SnapshotSource, every_s: float, *, color: bool = True, words: Words = ENGLISH) -> None:
    """Show snapshots on the whole terminal until q, Escape or Ctrl-C, then restore the terminal."""
    console = Console(no_color=not color, highlight=False)
    first = source.sample()
    with (
        _keys() as pressed,
        Live(
            snapshot_screen(first, width=console.width, words=words),
            console=console,
            screen=True,
            auto_refresh=False,
        ) as live,
    ):
        while not pressed(every_s):
            live.update(snapshot_screen(source.sample(), width=console.width, words=words), refresh=True)


class _Pressed(Protocol):
    def __call__(self, within_s: float) -> bool:
        """Return True if a key that leaves was pressed within the time."""
        ...


@contextlib.contextmanager
def _keys() -> Iterator[_Pressed]:
    """Read single keys from the terminal. Without a terminal on stdin, no key is ever pressed."""
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
        if not typed or (
            LEAVE_KEYS & set(typed[:1])
        ):  # the terminal is closed, or a key that leaves was pressed
            return True
    return False
