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


def exit_in_a_sentence(worker: str, reason: ExitReason, how: str, more: str = "") -> str:
    """Return what happened to a worker: `worker 2 crashed (SIGSEGV)`, with more behind it.

    `how` is the name of a signal; for other reasons `status N`, or empty.
    """
    match reason:
        case "signal" if how in _FAULTS:
            return f"{worker} crashed ({how}){more}"
        case "signal":
            return f"{worker} was killed ({how}){more}"
        case "oom":
            return f"{worker} was killed by the kernel for lack of memory{more}"
        case "timeout":
            return f"{worker} was ended, because a thread of it hung{more}"
        case "exit":
            shown = f" ({how})" if how else ""
            return f"{worker} exited by itself{shown}{more}"
        case "start":
            return f"{worker} could not load the app{more}"


def worker_named(number: int) -> str:
    """Return the name of a worker in a sentence; 0 is a worker without a number."""
    return f"worker {number}" if number else "a worker"


def in_requests(requests: tuple[str, ...]) -> str:
    """Return ` in GET /slow`, for at most two requests, or an empty text where no request is known."""
    named = tuple(dict.fromkeys(requests))
    if not named:
        return ""
    if len(named) == 1:
        return f" in {named[0]}"
    return f" in {named[0]} or {named[1]}" if len(named) == 2 else f" in {named[0]} or {named[1]} or others"
