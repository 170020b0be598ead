"""The events of the front and the generations, of their workers, and of what the app has left running."""

from __future__ import annotations

from enuf.model.event import Event
from enuf.model.numbers import decimal
from enuf.model.worker_exit import ExitReason, exit_in_a_sentence, in_requests, worker_named


def generation_of(unit: str) -> int | None:
    """Return the number of the generation whose key is `unit`, `g3`; None for the front."""
    return decimal(unit.removeprefix("g"), 9)


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
    def text(self) -> str:
        """The line of enuf.log."""
        ids = f" id={' id='.join(self.ids)}" if self.ids else ""
        more = f"{in_requests(self.requests)}, pid {self.pid}{ids}"
        return exit_in_a_sentence(worker_named(self.worker), self.reason, self.how, more)


class DashboardExited(Event, frozen=True):
    """The dashboard's process has failed, and is started again for the next visitor."""

    how: str
    log: str

    @property
    def text(self) -> str:
        """The line of enuf.log."""
        return f"dashboard: {self.how}; it is started again for the next visitor, see {self.log}"
