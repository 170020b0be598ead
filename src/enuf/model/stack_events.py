"""The events of the stack as a whole: its start and end, its reloads, and what its people should know."""

from __future__ import annotations

from enuf.model.event import Event, indented_below
from enuf.model.status import Phase


class StackStarted(Event, frozen=True):
    """A supervisor has begun to start its stack."""

    pid: int
    topology: str
    app: str
    listen: str

    @property
    def text(self) -> str:
        """The line of enuf.log."""
        return f"enuf starts, pid {self.pid}: {self.topology} for {self.app} at {self.listen}"


class StartFailed(Event, frozen=True):
    """The service of an installed site could not start its stack."""

    summary: str
    evidence: tuple[str, ...] = ()
    """A traceback of the app or the end of a log, line by line."""

    @property
    def text(self) -> str:
        """The lines of enuf.log: the summary, with the evidence indented below it."""
        return indented_below(f"the start failed: {self.summary}", self.evidence)


class StackEnded(Event, frozen=True):
    """The supervisor exits; with a reason when no stop was requested."""

    reason: str = ""

    @property
    def text(self) -> str:
        """The lines of enuf.log."""
        return f"enuf ends{': ' + self.reason if self.reason else ''}"


class StackLost(Event, frozen=True):
    """The supervisor of an earlier run was killed, as the next start finds out."""

    account: str

    @property
    def text(self) -> str:
        """The line of enuf.log."""
        return self.account


class PhaseChanged(Event, frozen=True):
    """The stack as a whole has entered another phase."""

    before: Phase
    phase: Phase
    reason: str = ""

    @property
    def text(self) -> str:
        """The lines of enuf.log."""
        return f"{self.before} -> {self.phase}{': ' + self.reason if self.reason else ''}"


class ProjectMoved(Event, frozen=True):
    """The project's path leads to another folder: to the next release, or to one that has replaced the first."""

    folder: str

    @property
    def text(self) -> str:
        """The line of enuf.log."""
        return f"the project is {self.folder} now, with its configs and logs"


class ReleaseServes(Event, frozen=True):
    """Another version of the code serves than before: another folder behind the project's link, or another revision."""

    release: str
    before: str = ""

    @property
    def text(self) -> str:
        """The line of enuf.log."""
        return f"release: {self.release} serves" + (f"; before: {self.before}" if self.before else "")


class ReloadAccepted(Event, frozen=True):
    """A reload succeeded: this generation serves."""

    generation: int

    @property
    def text(self) -> str:
        """The line of enuf.log."""
        return f"reloaded: g{self.generation} serves"


class ReloadRefused(Event, frozen=True):
    """A reload failed, and the version before it serves on."""

    summary: str
    evidence: tuple[str, ...] = ()
    """A traceback of the app or the end of a log, line by line."""

    @property
    def text(self) -> str:
        """The lines of enuf.log: the summary, with the evidence indented below it."""
        return indented_below(f"reload refused: {self.summary}", self.evidence)


class LogsReopened(Event, frozen=True):
    """Every log is written at its usual name again, after SIGUSR1."""

    @property
    def text(self) -> str:
        """The line of enuf.log."""
        return "logs reopened"


class WarningGiven(Event, frozen=True):
    """A fault that does not stop the stack."""

    warning: str

    @property
    def text(self) -> str:
        """The line of enuf.log."""
        return f"warning: {self.warning}"


class NoteGiven(Event, frozen=True):
    """A fact that is worth knowing and no fault."""

    note: str

    @property
    def text(self) -> str:
        """The line of enuf.log."""
        return f"note: {self.note}"


class BugFound(Event, frozen=True):
    """An exception that enuf did not expect."""

    traceback: str

    @property
    def text(self) -> str:
        """The lines of enuf.log."""
        return self.traceback
