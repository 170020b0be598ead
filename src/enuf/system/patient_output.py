"""Output that never waits for its reader: a terminal that was stopped with Ctrl-S, a pipe that is not read."""

from __future__ import annotations

import contextlib
import os
import select
import stat

MOST_WAITING_BYTES = 256 * 1024
"""Bytes that wait for a slow reader; what comes after them is skipped."""


class PatientOutput:
    """A descriptor to which lines are written as far as its reader takes them."""

    def __init__(self, descriptor: int) -> None:
        self._fd = descriptor
        self._own = _opened_anew(descriptor)
        self._data = b""
        self.is_broken = False
        """True once there is no reader any more."""

    @property
    def is_full(self) -> bool:
        """Return True while the reader is so slow that further lines must be skipped."""
        return len(self._data) >= MOST_WAITING_BYTES

    def write(self, text: str) -> None:
        """Write the text, and keep what the reader does not take."""
        self._data += text.encode("utf-8", "backslashreplace")
        self.flush()

    def flush(self, wait_s: float = 0.0) -> bool:
        """Write what is kept; with `wait_s`, wait at most so long for the reader. Return True if all is written."""
        try:
            while self._data and not self.is_broken:
                ready = select.select([], [self._fd], [], wait_s)[1]
                written = self._write() if ready else 0
                if not written:
                    return False
                self._data = self._data[written:]
        except OSError:  # the terminal was closed, or the reader has ended
            self.is_broken = True
        if self.is_broken:
            self._data = b""
        return True

    def _write(self) -> int:
        with contextlib.suppress(BlockingIOError):
            if self._own is not None:
                return os.write(self._own, self._data[:65536])
            os.set_blocking(self._fd, False)  # for a moment: other programs write to it too
            try:
                return os.write(self._fd, self._data[:65536])
            finally:
                os.set_blocking(self._fd, True)
        return 0

    def close(self) -> None:
        """Close what was opened here, and leave the descriptor as it was."""
        if self._own is not None:
            os.close(self._own)
            self._own = None


def _opened_anew(descriptor: int) -> int | None:
    """Open the terminal or pipe once more, without waiting; None where that cannot be done.

    The descriptor that we were given cannot be changed: the shell has it too.
    """
    mode = os.fstat(descriptor).st_mode
    if not (stat.S_ISFIFO(mode) or os.isatty(descriptor)):
        return None
    flags = os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
    with contextlib.suppress(OSError):
        path = os.ttyname(descriptor) if os.isatty(descriptor) else f"/proc/self/fd/{descriptor}"
        return os.open(path, flags)
    return None
