"""What a process does that has become a supervisor of few modules."""

from __future__ import annotations

import contextlib
import signal
import sys
from pathlib import Path

from enuf.start.handover import SIGNALS, Kind, take_over


def taken_over(kind: type[Kind]) -> Kind:
    """Take over the start whose file the first argument names; import asyncio with no more than its stack needs."""
    handover = take_over(int(sys.argv[1]), kind)
    with contextlib.suppress(OSError):
        Path("/proc/self/comm").write_text("enuf")  # as before, where processes are listed
    if not handover.may_speak_tls:
        _leave_out_tls()
    return handover


def take_signals() -> None:
    """Let the signals come that have waited since the program before."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)


def _leave_out_tls() -> None:
    """Import asyncio without TLS, which costs 2 MB."""
    sys.modules["ssl"] = None  # type: ignore[assignment]
    import asyncio  # noqa: F401

    del sys.modules["ssl"]
