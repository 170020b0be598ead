"""The events of what runs beside the web app: processes, and commands at certain times."""

from __future__ import annotations

import time
from typing import Literal

from enuf.model.event import Event, with_pid
from enuf.model.status import JobResult


class SideProcessStarted(Event, frozen=True):
    """A process beside the web app was started."""

    name: str
    pid: int

    @property
    def text(self) -> str:
        """The line of enuf.log."""
        return f"{self.name}: started, pid {self.pid}"


class SideProcessEnded(Event, frozen=True):
    """A process beside the web app has ended, or could not be started."""

    name: str
    pid: int
    """0 where it could not be started."""
    how: str
    """`exited with status 1`, `cannot be started: …`."""
    expected: bool
    """True when the supervisor had ended it."""
    again_in_s: float = 0.0
    """The pause before its next start; 0 for one that was ended."""

    @property
    def text(self) -> str:
        """The line of enuf.log."""
        surprise = "" if self.expected else f", unexpectedly; it is started again in {self.again_in_s:g} s"
        return f"{self.name}: {self.how}{surprise}{with_pid(self.pid)}"


class JobEnded(Event, frozen=True):
    """A scheduled command has ended, or could not be started."""

    name: str
    pid: int
    result: JobResult
    how: str
    seconds: float
    """How long it ran."""

    @property
    def text(self) -> str:
        """The line of enuf.log."""
        return f"{self.name}: {self.result} after {self.seconds:.1f} s: {self.how}{with_pid(self.pid)}"


class JobNotRun(Event, frozen=True):
    """A scheduled command was not run at its time."""

    name: str
    why: Literal["missed", "overlapped"]
    times: int
    """How many times have passed."""
    due: float
    """The first of them, in seconds since the epoch."""

    @property
    def text(self) -> str:
        """The line of enuf.log."""
        due = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(self.due))
        count = f"{self.times} times since {due}" if self.times > 1 else f"at {due}"
        reason = (
            "the run before had not ended"
            if self.why == "overlapped"
            else "the stack was down, or the machine asleep"
        )
        return f"{self.name}: not run {count}: {reason}"
