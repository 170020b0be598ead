"""The progress line of a command that takes time."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import sys
import time
from types import FrameType, TracebackType

from enuf.cli.widths import cut
from enuf.language.spoken import translated

FIRST_S, EVERY_S = 2.0, 1.0
_START_OF_LINE = "\r\x1b[K"


class Progress:
    """One line on a terminal's stderr, from the third second on, rewritten every second: `starting: importing app.py (3 s)`.

    SIGALRM drives the line, not a thread: servers exit with the thread that started them, and a fork beside a
    running thread may hang.
    """

    def __init__(self, doing: str, *, quiet: bool = False) -> None:
        self._doing = translated(doing)
        self._step = ""
        self._began_s = time.monotonic()
        self._is_on = False
        self._is_shown = False
        self._wanted = not quiet and sys.stderr.isatty()

    def __enter__(self) -> Progress:
        if self._wanted:
            signal.signal(signal.SIGALRM, self._show)
            signal.setitimer(signal.ITIMER_REAL, FIRST_S, EVERY_S)
            self._is_on = True
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self.end()

    def end(self) -> None:
        """Stop the clock and clear the progress line."""
        if self._is_on:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
            self._is_on = False
        self.make_room()

    def step(self, text: str) -> None:
        """Set the step that the progress line shows."""
        self._step = translated(text)

    def make_room(self) -> None:
        """Clear the progress line before other output; the next second writes the line again."""
        if self._is_shown:
            self._write(_START_OF_LINE)
            self._is_shown = False

    def _show(self, _number: int, _frame: FrameType | None) -> None:
        seconds = int(time.monotonic() - self._began_s)
        doing = f"{self._doing}: {self._step}" if self._step else self._doing
        self._write(_START_OF_LINE + cut(f"{doing} ({seconds} s)", shutil.get_terminal_size().columns - 1))
        self._is_shown = True

    @staticmethod
    def _write(text: str) -> None:
        # Past Python's buffers: the signal may come in the middle of a print.
        with contextlib.suppress(OSError):
            os.write(2, text.encode(errors="replace"))
