"""A process as data: how it is started, becomes ready, is refreshed and stops.

The supervisor performs what these values say and knows no server by name.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from enuf.model.address import Address, TcpAddress, UnixAddress
from enuf.model.paths import GENERATION
from enuf.model.topology import Wire


class Lend(msgspec.Struct, frozen=True, kw_only=True):
    """A listening socket that the supervisor binds and the process inherits."""

    address: Address
    variable: str
    """The environment variable in which the server finds the descriptor: one of our own for uWSGI (F17)."""
    each: str = "{fd}"
    """How a descriptor is written in the variable; several descriptors follow each other: nginx wants
    `NGINX=3;4;` (F20)."""
    mode: int = 0o600
    """File mode of a unix socket."""
    shared: bool = False
    """True for an address at which every generation serves: it has several sockets, one for each
    generation."""
    is_handed_over: bool = False
    """True for a socket that the service manager has opened and holds: it outlives this supervisor."""


class ReadyFile(msgspec.Struct, frozen=True, tag="file", tag_field="by"):
    """Ready when the server has written this file (F26)."""

    path: str


class ReadyAnswer(msgspec.Struct, frozen=True, tag="answer", tag_field="by"):
    """Ready when something answers a connection at this address."""

    address: Address


class ReadyDigest(msgspec.Struct, frozen=True, tag="digest", tag_field="by"):
    """Ready when a GET of `path` at `address` answers with the digest of the new configuration (F30)."""

    address: Address
    path: str


class WorkerEnds(msgspec.Struct, frozen=True, kw_only=True):
    """Patterns of a server's log lines about unrequested exits of workers; an empty pattern matches no line."""

    line: str = ""
    """The begin of every line of the server itself: its time. The patterns of its lines match what follows."""
    died: str = ""
    """With the group `pid`, and `worker`, `signal` (a number), `signal_name` (`SEGV`) and `status` as far as the
    server tells."""
    unstarted: str = ""
    """A worker that could not load the app, with `pid` and, where the server numbers them, `worker`."""
    faulted: dict[str, str] = {}
    """By the name of a signal, `SIGSEGV`: what the worker itself writes before the end that this signal brings, with
    `pid`."""
    overdue: str = ""
    """Before the end of a worker of which a thread hung, with `pid`."""
    unresponsive: str = ""
    """The whole line of enuf's wrapper before such an end, with `pid`, `request` and `id`."""


Readiness = ReadyFile | ReadyAnswer | ReadyDigest


class Signal(msgspec.Struct, frozen=True, tag="signal", tag_field="do"):
    """Send a signal by its name, then wait for the exit."""

    name: str
    wait_s: float


class WriteFifo(msgspec.Struct, frozen=True, tag="fifo", tag_field="do"):
    """Write a command to a control fifo, then wait for the exit."""

    path: str
    text: str
    wait_s: float
    when_alone: str = ""
    """Signal for the main process once its workers have ended, if it would notice that only a second
    later; else empty."""


ProcessOrder = Signal | WriteFifo
"""One instruction to a running process, and how long its effect may take."""


class ConfigTest(msgspec.Struct, frozen=True, kw_only=True):
    """A command that exits 0 when the configuration is sound."""

    argv: tuple[str, ...]


class ProcessSpec(msgspec.Struct, frozen=True, kw_only=True):
    """All that the supervisor must know to run one server."""

    name: str
    """Name of the adapter it came from: `nginx`, `uwsgi`, `flask`."""
    argv: tuple[str, ...]
    directory: str
    environment: dict[str, str] = {}
    """Added to the inherited environment; no secrets, those come from env_file at the start."""
    forget: tuple[str, ...] = ()
    """Prefixes of inherited variables that the process must not see."""
    reads_env_files: bool = False
    log: str
    """File that takes stdout and stderr: never a pipe, a stuck reader must not block a server (F100)."""
    opens: tuple[str, ...] = ()
    """Logs that the process opens by itself.

    They are made before, because it would let every user read them.
    """
    opens_as: tuple[str, ...] = ()
    """How those logs are written in its configuration, in the same order."""
    config: str = ""
    """Name of the rendered file that it is started with, if any."""
    lends: tuple[Lend, ...] = ()
    readiness: Readiness
    ready_within_s: float
    stop: tuple[ProcessOrder, ...]
    """In order; what is left after the last one is killed."""
    hung: str = ""
    """Pattern of the log line about a request that was ended for taking too long, with the groups
    `method` and `uri`."""
    cut: str = ""
    """Pattern of the log line about an answer that ended early, with the groups `request` and `why`."""
    refused: str = ""
    """Pattern of the log line about requests that had waited too long for a thread, with the group `count`."""
    worker_ends: WorkerEnds = WorkerEnds()
    """Patterns of the log lines about workers that end unasked."""
    orphans_signal: str = ""
    """Signal that makes workers whose main process died finish and exit; empty when they do so by
    themselves."""
    orphans_wait_s: float = 5
    reopen_signal: str = ""
    """Signal that makes the process open its log files anew; empty when it cannot."""
    test: ConfigTest | None = None
    refresh: ProcessOrder | None = None
    """How a running process takes a new configuration without a restart."""
    in_place: ProcessOrder | None = msgspec.field(default=None, name="frugal")
    """How a running process takes new code without a second process beside it."""


def _fill(value: object, number: str) -> object:
    if isinstance(value, str):
        return value.replace(GENERATION, number)
    if isinstance(value, list | tuple):
        return [_fill(item, number) for item in value]
    if isinstance(value, dict):
        return {key: _fill(item, number) for key, item in value.items()}
    return value


CATCH_UP = "--catch-up"
"""The word for a companion that only counts what was written to the logs, and ends."""


class Companion(msgspec.Struct, frozen=True, kw_only=True):
    """A process beside the servers on which nothing depends: the dashboard.

    The supervisor starts it for the first visitor once the stack serves, as `{argv} --runtime DIR --log DIR
    --conf DIR --project DIR`, in the runtime folder, as the user of the servers. The process inherits a
    listening, non-blocking socket, whose descriptor is in `variable` (`ENUF_DASHBOARD_FD`), and reads the token
    that visitors must show from `token_file`, one line, 0600. TERM ends it, and so does a time without visitors,
    both with exit status 0. It is started again for the next visitor, who waits at the socket: the supervisor
    holds that.
    """

    name: str
    argv: tuple[str, ...]
    directory: str
    log: str
    """Takes stdout and stderr."""
    listen: Address
    stays: bool = False
    """True for an address that somebody relies on: while another program has it, there is no dashboard."""
    runs_always: bool = False
    """True where nginx asks the process for pages of its own (`--dev`): then it does not wait for a visitor."""
    variable: str
    token_file: str


class Errand(msgspec.Struct, frozen=True, kw_only=True):
    """A process that does one thing and ends."""

    argv: tuple[str, ...]
    directory: str
    log: str
    """Takes stdout and stderr."""


class AppPrograms(msgspec.Struct, frozen=True, kw_only=True):
    """What a command of the app's needs: the folder, the programs and the variables of the app."""

    directory: str
    programs: str
    """Folder that goes first on PATH: that of the app's Python."""
    virtualenv: str
    """The app's virtual environment; empty without one."""
    flask_app: str
    """FLASK_APP, where the app's environment does not set it; empty for other apps."""


class Preparation(AppPrograms, frozen=True, kw_only=True):
    """The commands that must succeed before a new version takes over: `reload.before`."""

    commands: tuple[str, ...]
    """As the setting has them: words as a shell reads them."""
    within_s: float
    """Longest time of each command."""


HandOver = Literal["generations", "restart"]


class Unobservable(msgspec.Struct, frozen=True, kw_only=True):
    """What cannot be observed of a running server: a sentence each, empty where it can."""

    wait: str = ""
    """Why the wait of a request is not known: the server does not log when it took the request."""
    queue: str = ""
    """Why the number of waiting connections is not known: not all of them are in the kernel's queue."""


class Unit(msgspec.Struct, frozen=True, kw_only=True):
    """A process and the way its next version takes over."""

    process: ProcessSpec
    hand_over: HandOver = "generations"
    """`generations`: a second one beside the first, on its own socket; `restart`: stop, then start."""
    serves_at: Address
    """The address at which this unit answers directly; it holds the placeholder of the generation until
    that is filled in."""
    more_at: tuple[UnixAddress, ...] = ()
    """Further unix sockets of a generation: connections wait in the queues of all of them."""
    wire: Wire
    unseen: Unobservable = Unobservable()

    @property
    def sockets(self) -> tuple[UnixAddress, ...]:
        """The unix sockets of one generation."""
        return tuple(each for each in (self.serves_at, *self.more_at) if isinstance(each, UnixAddress))

    @property
    def shared(self) -> tuple[Address, ...]:
        """The addresses at which all its generations serve."""
        return tuple(lend.address for lend in self.process.lends if lend.shared)

    @property
    def ports(self) -> tuple[TcpAddress, ...]:
        """The TCP addresses at which the unit listens, lent or not."""
        every = dict.fromkeys((*self.shared, self.serves_at))
        return tuple(address for address in every if isinstance(address, TcpAddress))

    def of_generation(self, number: int) -> Unit:
        """Return the unit with every `{generation}` placeholder filled in."""
        return msgspec.convert(_fill(msgspec.to_builtins(self), str(number)), Unit)
