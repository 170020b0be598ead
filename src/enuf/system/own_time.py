"""A clock that stands still while other processes have the processor."""

from __future__ import annotations

import contextlib
import time
from pathlib import Path

FORGIVEN_S = 3.0
"""So much waiting for the processor does not count: a complete answer after six seconds helps more than a part of it after three.

A person waits for the answer, so there is an end to it: what was not looked at then is said.
"""
_SCHEDULED = Path("/proc/self/schedstat")
_NANOSECONDS = 1e9


class OwnClock:
    """A clock of monotonic seconds without those in which this process waited for the processor. Call it for the time.

    Where the system does not tell them, and beyond FORGIVEN_S of them, the clock shows the usual time.
    """

    def __init__(self) -> None:
        self._begun = _waited_s()
        self._last = 0.0

    def __call__(self) -> float:
        """Return the time, which never goes back."""
        waited = min(_waited_s() - self._begun, FORGIVEN_S)
        self._last = max(self._last, time.monotonic() - waited)
        return self._last


def _waited_s() -> float:
    """Return the seconds in which the main thread could run and was not let (sched-stats of the kernel)."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        return int(_SCHEDULED.read_text(encoding="ascii").split()[1]) / _NANOSECONDS
    return 0.0
