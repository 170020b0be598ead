"""The status of a running stack: the supervisor's own reply to a status request.

It holds what the supervisor knows without looking into the servers. The document of `enuf status --json` is a
view of it.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from enuf.model.certificate import TlsStatus
from enuf.model.numbers import decimal
from enuf.model.process import Unobservable
from enuf.model.release import ReleaseStatus
from enuf.model.worker_exit import WorkerExits

Phase = Literal["starting", "serving", "reloading", "stopping", "failed"]
Pid = Annotated[int, msgspec.Meta(ge=1, le=2**31 - 1)]
Count = Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)]
TcpText = Annotated[str, msgspec.Meta(pattern=r":[0-9]{1,5}\Z")]


class SupervisorStatus(msgspec.Struct, frozen=True):
    """The supervisor's own process."""

    pid: Pid


class ProgramStatus(msgspec.Struct, frozen=True, kw_only=True):
    """One server program of the stack."""

    name: str
    version: str | None
    origin: str
    """Where the program comes from: `embedded`, `system`, `host`, …"""
    pid: Pid | None
    """The main process; None while none runs, and for a program that enuf does not run."""


class ServerStatus(ProgramStatus, frozen=True, kw_only=True):
    """The app server."""

    ports: tuple[TcpText, ...] = ()
    """TCP addresses that the server listens at, as `HOST:PORT`."""
    processes: Count
    threads: Count
    """Threads of each process."""


class StatusPaths(msgspec.Struct, frozen=True, kw_only=True):
    """Folders and files of the stack, absolute."""

    conf: str
    log: str
    socket: str
    """The socket that leads to the serving generation."""
    runtime: str


class DashboardStatus(msgspec.Struct, frozen=True, kw_only=True):
    """The dashboard. Its token is not part of the status."""

    url: str
    pid: Pid | None


class ReloadCounts(msgspec.Struct, frozen=True, kw_only=True):
    """Reloads since the start of the stack, by their outcome."""

    accepted: Count = 0
    refused: Count = 0


class UnitExits(msgspec.Struct, frozen=True, kw_only=True):
    """Main processes of the servers that ended unasked since the start of the stack; each was started again."""

    front: Count = 0
    server: Count = 0


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """The last reload, which was refused: an older version serves."""

    at: float
    """Seconds since the epoch."""
    summary: str
    changed: tuple[str, ...] = ()
    """Files of the traceback that have changed since."""


class AnswerCounts(msgspec.Struct, frozen=True, kw_only=True):
    """Answers since the start of the stack that were not as the app meant them."""

    cut: int = 0
    """Answers that ended early."""
    too_late: int = 0
    """Requests that were answered with 503 because they had waited too long for a thread."""
    hung: int = 0
    """Requests that were ended because they took longer than `serve.timeout`."""


class SuspendedProcess(msgspec.Struct, frozen=True):
    """A process of a server that a signal has suspended."""

    program: str
    pid: Pid
    is_worker: bool = False

    def __str__(self) -> str:
        """Return the process in words: `uwsgi worker (pid 7)`."""
        return f"{self.program}{' worker' if self.is_worker else ''} (pid {self.pid})"


A_LOOP = 3
"""Ends in a row, each soon after its start."""
A_SHORT_RUN_S = 30.0
"""A process that runs for longer is not in a loop."""


class SideProcessStatus(msgspec.Struct, frozen=True, kw_only=True):
    """A process that runs beside the web app."""

    name: str
    state: Literal["running", "stopping", "waiting", "stopped"]
    """`waiting`: it has ended, and is started again at `again_at`. `stopped`: a person has ended its service."""
    pid: Pid | None
    since: float | None
    """When it was started, in seconds since the epoch; None while it does not run."""
    restarts: int = 0
    failures: int = 0
    """Ends in a row that nobody asked for, each soon after its start."""
    last_end: str = ""
    """How it ended the last time: `exited with status 1`; empty before."""
    again_at: float | None = None

    @property
    def is_in_a_loop(self) -> bool:
        """True for a process that ends again and again."""
        return self.failures >= A_LOOP


JobResult = Literal["", "succeeded", "failed", "stopped"]


class JobRuns(msgspec.Struct, frozen=True, kw_only=True):
    """The runs of a scheduled command since the start of the stack, by what became of them; of an installed site, since its logs were made."""

    succeeded: int = 0
    failed: int = 0
    stopped: int = 0
    """Ended together with the stack."""
    overlapped: int | None = 0
    """Not started, because the run before had not ended. None for an installed site: systemd counts no such times."""
    missed: int | None = 0
    """Not started, because the stack was down or the machine asleep. None for an installed site."""


class JobStatus(msgspec.Struct, frozen=True, kw_only=True):
    """A command that runs at certain times."""

    name: str
    times: str
    """`0 3 * * *`, or `every 600 s`."""
    pid: Pid | None
    next_at: float | None
    """When it is due, in seconds since the epoch; None while it runs, and while its timer is stopped."""
    last_at: float | None = None
    """When it was started the last time."""
    last_result: JobResult = ""
    last_end: str = ""
    """How that run ended: `exited with status 1`."""
    last_success_at: float | None = None
    """When a run succeeded the last time, also before the start of this stack."""
    runs: JobRuns = JobRuns()


class StackStatus(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that the supervisor reports about its stack."""

    state: Phase
    reason: str
    """Why the stack fails, or why the last reload was refused; empty once that is over."""
    url: str
    tls: TlsStatus | None = None
    """The certificates that are served; None for plain HTTP."""
    topology: str
    generation: Count
    """Number of the serving generation; 0 when none serves."""
    app: str
    release: ReleaseStatus | None = None
    """The version of the code that serves, and the versions before; None until the stack has served."""
    supervisor: SupervisorStatus
    front: ProgramStatus | None
    server: ServerStatus
    retiring: tuple[str, ...]
    """Keys of the generations that finish their last requests: `g3`."""
    backlog_limit: Count | None
    """Longest accept queue that enuf requested; None where the server made its own socket."""
    unseen: Unobservable
    paths: StatusPaths
    dashboard: DashboardStatus | None
    reloads: ReloadCounts
    refused: Refusal | None = None
    """The last reload if it was refused; None once a later one was accepted."""
    answers: AnswerCounts = AnswerCounts()
    maintenance: Literal["on", "off", "none"] = "none"
    """Whether the site is closed for maintenance; `none` where no page is set for that."""
    beside: tuple[SideProcessStatus, ...] = ()
    """The processes that run beside the web app."""
    jobs: tuple[JobStatus, ...] = ()
    """The commands that run at certain times."""
    exits: WorkerExits = WorkerExits()
    """Exits of workers that nobody asked for."""
    unit_exits: UnitExits = UnitExits()
    """Main processes of the servers that ended unasked."""
    enuf: str = ""
    """The version of enuf that runs the stack; empty from one that does not say so."""
    suspended: tuple[SuspendedProcess, ...] = ()
    """Processes of the servers that a signal has suspended."""
    warnings: tuple[str, ...]
    problems: tuple[str, ...] = ()
    """What keeps visitors from an answer; only in the reply to a checked status request."""
    plan_notes: tuple[str, ...] = ()
    """What was said about the app and its plan when the serving version was imported."""

    @property
    def generations(self) -> tuple[int, ...]:
        """The numbers of all generations that have processes, the serving one first.

        Keys that are no generation's, and 0, are left out.
        """
        keys = dict.fromkeys((f"g{self.generation}", *self.retiring))
        numbers = (decimal(key.removeprefix("g")) for key in keys)
        return tuple(number for number in numbers if number)
