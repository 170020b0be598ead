"""What a supervisor records about its stack: each event once, as a value.

The journal keeps them as lines of JSON in `events.jsonl`; `enuf.log` shows the text of each. Readers decode
the values and never parse the text.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Literal

import msgspec
from msgspec.structs import fields

from enuf.model.status import JobResult, Phase
from enuf.model.worker_exit import ExitReason, in_requests, what_happened

LONGEST_TEXT = 16_000
MOST_LINES = 200
"""Bounds of one event in the journal, for texts that come from the app."""


def _tag_of(name: str) -> str:
    return "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("-")


class Event(msgspec.Struct, frozen=True, kw_only=True, tag_field="event", tag=_tag_of):
    """Something that happened to the stack."""

    at: float = 0.0
    """Seconds since the epoch."""

    @property
    def text(self) -> str:
        """The lines that enuf.log shows."""
        raise NotImplementedError

    def cleaned(self, clean: Callable[[str], str]) -> Event:
        """Return the event with every text in it cleaned and bounded."""
        return msgspec.structs.replace(
            self, **{field.name: _cleaned(getattr(self, field.name), clean) for field in fields(self)}
        )


def _cleaned(value: Any, clean: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return clean(value)[:LONGEST_TEXT]
    if isinstance(value, tuple):  # cleaned as one text: a name and its value may stand on two lines
        lines = clean("\n".join(value[-MOST_LINES:]))[-LONGEST_TEXT:]
        return tuple(lines.split("\n")) if value else value
    return value


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
        return "\n".join([f"the start failed: {self.summary}", *(f"  {line}" for line in self.evidence)])


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


class UnitStarted(Event, frozen=True):
    """The main process of a front or a generation was started."""

    unit: str
    """`front`, or a generation's key: `g3`."""
    program: str
    pid: int

    @property
    def text(self) -> str:
        """The line of enuf.log."""
        return f"{self.unit}: {self.program} started, pid {self.pid}"


class UnitReady(Event, frozen=True):
    """A front or a generation accepts requests."""

    unit: str

    @property
    def text(self) -> str:
        """The line of enuf.log."""
        return f"{self.unit}: ready"


class UnitUnready(Event, frozen=True):
    """A front or a generation did not become ready."""

    unit: str
    problem: str

    @property
    def text(self) -> str:
        """The lines of enuf.log."""
        return f"{self.unit}: {self.problem}"


class UnitExited(Event, frozen=True):
    """The main process of a front or a generation has ended."""

    unit: str
    program: str
    pid: int
    how: str
    """`exited with status 0`, `was killed by SIGKILL`."""
    expected: bool
    """True when the supervisor had ended it."""

    @property
    def text(self) -> str:
        """The line of enuf.log."""
        surprise = "" if self.expected else ", unexpectedly"
        return f"{self.unit}: {self.program} {self.how}{surprise}, pid {self.pid}"


class StraysEnded(Event, frozen=True):
    """Processes that the app had left running were ended, with their generation or with the whole stack."""

    processes: tuple[str, ...]
    """`sleep (pid 77)` each."""
    unit: str = ""

    @property
    def text(self) -> str:
        """The line of enuf.log."""
        owner = f"{self.unit}: ended what its app" if self.unit else "ended what the app"
        return f"{owner} had left running: {', '.join(self.processes)}"


class StrayFound(Event, frozen=True):
    """A process that the app left running carries no mark of its generation, and is ended with the stack."""

    process: str

    @property
    def text(self) -> str:
        """The line of enuf.log."""
        return (
            f"{self.process} was left running by the app, in which generation cannot be told; "
            "it is ended with the stack"
        )


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
        return "\n".join([f"reload refused: {self.summary}", *(f"  {line}" for line in self.evidence)])


class HungRequestEnded(Event, frozen=True):
    """The server ended a request that took longer than `serve.timeout`."""

    method: str
    uri: str
    id: str
    """The request's id, or `unknown`."""
    stack: tuple[str, ...] = ()
    """The Python stack of its thread, line by line."""

    @property
    def text(self) -> str:
        """The lines of enuf.log."""
        return "\n".join([f"hung request ended: {self.method} {self.uri} id={self.id}", *self.stack])


class WorkerExited(Event, frozen=True):
    """A worker process has exited unrequested; its server starts another one."""

    worker: int
    """The server's number of the worker; 0 where the server has none."""
    pid: int
    reason: ExitReason
    how: str = ""
    """`SIGSEGV`, `status 1`; empty where the server does not say."""
    requests: tuple[str, ...] = ()
    """The requests that were lost with the worker: `GET /slow`, without the query."""
    ids: tuple[str, ...] = ()
    """The ids of those requests."""

    @property
    def what(self) -> str:
        """What happened, without the worker: `crashed (SIGSEGV) in GET /slow`."""
        return what_happened(self.reason, self.how) + in_requests(self.requests)

    @property
    def text(self) -> str:
        """The line of enuf.log."""
        name = f"worker {self.worker}" if self.worker else "a worker"
        ids = f" id={' id='.join(self.ids)}" if self.ids else ""
        return f"{name} {self.what}, pid {self.pid}{ids}"


class DashboardExited(Event, frozen=True):
    """The dashboard's process has ended by itself, and is started again."""

    how: str
    log: str

    @property
    def text(self) -> str:
        """The line of enuf.log."""
        return f"dashboard: {self.how}; it is started again, see {self.log}"


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
        return f"{self.name}: {self.how}{surprise}{f', pid {self.pid}' if self.pid else ''}"


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
        return f"{self.name}: {self.result} after {self.seconds:.1f} s: {self.how}{f', pid {self.pid}' if self.pid else ''}"


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


class CertificateTaken(Event, frozen=True):
    """The front serves a renewed certificate, as a TLS client has seen."""

    names: tuple[str, ...]
    not_after: str

    @property
    def text(self) -> str:
        """The line of enuf.log."""
        return f"certificate taken: {', '.join(self.names)}, valid until {self.not_after}"


class CertificateRefused(Event, frozen=True):
    """The files of the certificate have changed and cannot be used: the pair before serves on."""

    why: str
    path: str

    @property
    def text(self) -> str:
        """The line of enuf.log."""
        return f"certificate refused, the one before serves on: {self.why}"


class CertificateOrderFailed(Event, frozen=True):
    """The authority did not issue a certificate: the site keeps what it had."""

    why: str
    hint: str
    next_attempt: str

    @property
    def text(self) -> str:
        """The line of enuf.log."""
        hint = f" ({self.hint})" if self.hint else ""
        return f"no new certificate: {self.why}{hint}; next attempt at {self.next_attempt}"


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


JournalEvent = (
    StackStarted | StartFailed | StackEnded | StackLost | PhaseChanged | UnitStarted | UnitReady | UnitUnready | UnitExited
    | StraysEnded | StrayFound | ProjectMoved | ReleaseServes | ReloadAccepted | ReloadRefused | HungRequestEnded | WorkerExited
    | SideProcessStarted | SideProcessEnded | JobEnded | JobNotRun | DashboardExited | CertificateTaken | CertificateRefused | CertificateOrderFailed | LogsReopened | WarningGiven
    | NoteGiven | BugFound
)  # fmt: skip
_DECODER: msgspec.json.Decoder[JournalEvent] = msgspec.json.Decoder(JournalEvent)


def decode_event(line: str | bytes) -> JournalEvent | None:
    """Return the event of one line of `events.jsonl`; None for a line that is none, or of a newer version."""
    try:
        return _DECODER.decode(line)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None
