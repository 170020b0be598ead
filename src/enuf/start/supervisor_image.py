"""What a process does that has become a supervisor of few modules."""

from __future__ import annotations

import contextlib
import signal
import sys
from pathlib import Path

from enuf.start.handover import SIGNALS


def settle(*, may_speak_tls: bool) -> None:
    """Name the process, and import asyncio with no more than the stack needs."""
    with contextlib.suppress(OSError):
        Path("/proc/self/comm").write_text("enuf")  # as before, where processes are listed
    if not may_speak_tls:
        _leave_out_tls()


def take_signals() -> None:
    """Let the signals come that have waited since the program before."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)


def _leave_out_tls() -> None:
    """Import asyncio without TLS, which costs 2 MB."""
    sys.modules["ssl"] = None  # type: ignore[assignment]
    import asyncio  # noqa: F401

    del sys.modules["ssl"]
