"""Unrequested exits of worker processes: reason, counts, and their text."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

ExitReason = Literal["signal", "oom", "timeout", "exit", "start"]
"""`signal`: a crash, or killed by somebody; `oom`: by the kernel for lack of memory; `timeout`: a thread hung
and did not react; `exit`: the app ended its process; `start`: the app could not be loaded again."""
_FAULTS = frozenset(("SIGSEGV", "SIGABRT", "SIGBUS", "SIGILL", "SIGFPE", "SIGSYS", "SIGTRAP"))
"""Signals by which a process ends through a fault of its own."""
Count = Annotated[int, msgspec.Meta(ge=0, le=2**53)]


class WorkerExits(msgspec.Struct, frozen=True, kw_only=True):
    """Unrequested exits of workers since the start of the stack, by reason."""

    signal: Count = 0
    oom: Count = 0
    timeout: Count = 0
    exit: Count = 0
    start: Count = 0

    def plus(self, reason: ExitReason) -> WorkerExits:
        """Return the counts with one exit more."""
        return msgspec.structs.replace(self, **{reason: getattr(self, reason) + 1})


def what_happened(reason: ExitReason, how: str) -> str:
    """Return what happened to a worker: `crashed (SIGSEGV)`. `how` is a signal's name or `status N`, or empty."""
    shown = f" ({how})" if how else ""
    return {
        "signal": f"crashed{shown}" if how in _FAULTS else f"was killed{shown}",
        "oom": "was killed by the kernel for lack of memory",
        "timeout": "was ended, because a thread of it hung",
        "exit": f"exited by itself{shown}",
        "start": "could not load the app",
    }[reason]


def in_requests(requests: tuple[str, ...]) -> str:
    """Return ` in GET /slow`, or an empty text where no request is known."""
    return f" in {' or '.join(dict.fromkeys(requests))}" if requests else ""
