"""What is known about a running stack, as frozen values: the input of every link and cause, and the file of `--save`.

What could not be found out is None, empty or `unknown`, never a guess. No value holds a secret: `masking.py` replaces
them before anything else sees the evidence.
"""

from __future__ import annotations

from typing import Any, Literal, TypeVar

import msgspec

from enuf.doctor.evidence import SourceFile
from enuf.doctor.path_fact import PathFact
from enuf.model.address import Address, UnixAddress

SCHEMA = 1
T = TypeVar("T")

Wire = Literal["uwsgi", "http", "tls", "closed", "silent", "refused", "unknown"]
"""What a listener answered: the uwsgi ping's answer, HTTP, a TLS handshake, an end of the connection, silence, no connection; or not asked."""
Program = Literal[
    "nginx", "uwsgi", "gunicorn", "uvicorn", "hypercorn", "daphne", "waitress", "granian", "other"
]
APP_SERVERS: frozenset[Program] = frozenset(
    ("uwsgi", "gunicorn", "uvicorn", "hypercorn", "daphne", "waitress", "granian")
)
"""The programs that serve an app of Python."""
ReplyFailure = Literal["", "refused", "unreachable", "timeout", "closed", "not-http", "tls"]
LogRole = Literal["front", "server", "access"]


class Requested(msgspec.Struct, frozen=True, kw_only=True):
    """The URL that a visitor asks for, in its parts."""

    url: str
    scheme: Literal["http", "https"]
    host: str
    port: int
    target: str
    """Path and query."""

    @property
    def path(self) -> str:
        """The path without the query."""
        return self.target.partition("?")[0]

    @property
    def host_header(self) -> str:
        """The value of the header Host."""
        shown = f"[{self.host}]" if ":" in self.host else self.host
        usual = {"http": 80, "https": 443}[self.scheme]
        return shown if self.port == usual else f"{shown}:{self.port}"


class Hindrance(msgspec.Struct, frozen=True, kw_only=True):
    """What could not be looked at, with the reason, and the command that would look at it."""

    what: str
    why: str
    cure: str = ""
    is_late: bool = False
    """True if nothing but time was missing."""


FILES = "files of the configuration"
"""What is not looked at in time where a configuration was not read in full."""


def late(what: str) -> Hindrance:
    """Return the hindrance of what was not looked at in time."""
    return Hindrance(what=what, why="the time was up", is_late=True)


class LiveReply(msgspec.Struct, frozen=True, kw_only=True):
    """What one request was answered with."""

    sent_at: float
    took_s: float
    address: str = ""
    """The address that the request was sent to."""
    status: int = 0
    """0 for a request without an answer."""
    headers: tuple[tuple[str, str], ...] = ()
    """The headers in order, names in lower case."""
    size: int = 0
    """Bytes of the body, as far as it was read."""
    body: str = ""
    """The beginning of the body."""
    failure: ReplyFailure = ""
    errno: int = 0
    is_cut: bool = False
    """True if the answer had not ended when the time was up."""

    def header(self, name: str) -> str:
        """Return the first header of a name in lower case, empty if there is none."""
        return next((value for each, value in self.headers if each == name), "")


class LiveProcess(msgspec.Struct, frozen=True, kw_only=True):
    """A process of the stack, as `/proc` shows it to this user."""

    pid: int
    parent: int = 0
    program: Program = "other"
    words: tuple[str, ...] = ()
    """The command line; a title that the process gave itself is one word."""
    executable: str = ""
    directory: str = ""
    started_in: str = ""
    """The folder of the shell that started it, from PWD; empty if this user may not see it."""
    uid: int = -1
    user: str = ""
    groups: tuple[int, ...] = ()
    """Numbers of the group and the further groups."""
    started_at: float = 0.0
    unit: str = ""
    """The unit of systemd in whose control group it runs."""
    cgroup: str = ""
    container: str = ""
    """The beginning of a container's id in the control group, empty outside of one."""
    mounts: str = ""
    """The mount namespace; empty if this user may not see it."""
    root: str = ""
    """The name of the container or the process at whose root folder its paths begin; empty for our own root folder."""
    network: str = ""
    """The network namespace; empty if this user may not see it."""
    logs: tuple[str, ...] = ()
    """The files that it has open for writing, with standard output and standard error."""
    deleted_files: tuple[str, ...] = ()
    """Files that it has open or loaded and that are deleted or replaced."""
    descriptors: int | None = None
    descriptors_limit: int | None = None
    rss_bytes: int = 0
    oom_kills: int | None = None
    """Processes that the kernel killed in its control group for lack of memory."""
    memory_limit: int | None = None
    state: str = ""
    """The letter of `ps`: `T` is stopped, `D` waits for a disk."""

    @property
    def line(self) -> str:
        """The command line in one text."""
        return " ".join(self.words)


class PathStat(msgspec.Struct, frozen=True, kw_only=True):
    """A file or folder on the way to a socket, as nginx's worker meets it."""

    path: str
    kind: Literal["file", "folder", "socket", "other", "absent", "unknown"] = "unknown"
    mode: int | None = None
    uid: int = -1
    gid: int = -1
    owner: str = ""
    group: str = ""
    has_acl: bool = False
    is_allowed: bool | None = None
    """Whether nginx's worker may enter the folder or connect to the socket; None if that is unknown."""


class Listening(msgspec.Struct, frozen=True, kw_only=True):
    """A listening socket."""

    address: Address
    inode: str = ""
    uid: int = -1
    """The user that made a TCP socket."""
    pids: tuple[int, ...] = ()
    """The processes that hold it, as far as this user may see them."""
    queued: int | None = None
    limit: int | None = None
    """Connections that wait to be accepted, and how many may."""


class Backend(msgspec.Struct, frozen=True, kw_only=True):
    """One address that nginx passes the request to."""

    address: Address
    protocol: Literal["uwsgi", "http", "other"]
    resolved: tuple[str, ...] = ()
    """The IP addresses of a host name."""
    folders: tuple[PathStat, ...] = ()
    socket: PathStat | None = None
    front_sees: Literal["file", "folder", "socket", "other", "absent", "unknown"] = "unknown"
    """What is at the path in the mount namespace of nginx's worker."""
    listeners: tuple[Listening, ...] = ()
    """Those at this address; on a unix path also such that have no file any more."""
    errno: int | None = None
    """With which our own connection failed; 0 if it was made, None if none was tried."""
    wire: Wire = "unknown"
    answer: str = ""
    """The beginning of what the listener answered."""
    reply: LiveReply | None = None
    """The answer to the same request, of a backend that speaks HTTP."""
    holders: tuple[LiveProcess, ...] = ()
    """The processes that hold its listeners."""

    @property
    def is_unix(self) -> bool:
        """True for a unix socket."""
        return isinstance(self.address, UnixAddress)


class LogText(msgspec.Struct, frozen=True, kw_only=True):
    """The end of a log."""

    path: str
    role: LogRole
    lines: tuple[str, ...] = ()
    size: int = 0
    modified_at: float = 0.0
    is_whole: bool = False
    """True if the lines begin with the log's first one."""
    problem: str = ""
    """Why it could not be read."""


class LiveUnit(msgspec.Struct, frozen=True, kw_only=True):
    """What systemd says about a unit."""

    name: str
    properties: dict[str, str] = {}

    def value(self, name: str) -> str:
        """Return a property, empty if systemd did not tell it."""
        return self.properties.get(name, "")


class LiveFront(msgspec.Struct, frozen=True, kw_only=True):
    """The program that listens at the URL."""

    listeners: tuple[Listening, ...] = ()
    """The sockets at the port of the URL."""
    main: LiveProcess | None = None
    """The main process, nginx's master."""
    workers: tuple[LiveProcess, ...] = ()
    others: tuple[LiveProcess, ...] = ()
    """Further nginx masters of this machine."""
    configuration: str = ""
    """The main file of its configuration; empty for another program than nginx."""
    prefix: str = ""
    problem: str = ""
    """Why the configuration could not be read."""

    @property
    def worker(self) -> LiveProcess | None:
        """The worker that was started last, else the main process."""
        return max(self.workers, key=lambda each: each.started_at, default=self.main)

    @property
    def is_nginx(self) -> bool:
        """True if nginx listens at the URL."""
        return self.main is not None and self.main.program == "nginx"


class HostFacts(msgspec.Struct, frozen=True, kw_only=True):
    """The machine, and the user that looked."""

    now: float = 0.0
    uid: int = -1
    user: str = ""
    network: str = ""
    mounts: str = ""
    somaxconn: int | None = None
    booted_at: float = 0.0
    selinux: bool | None = None
    """True where SELinux enforces its rules."""
    kernel_lines: tuple[str, ...] = ()
    """Lines of the kernel's log about killed processes, as far as this user may read them."""
    full_disks: tuple[str, ...] = ()
    """Folders of the stack on a file system without free space."""


class LiveEvidence(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that links and causes may know about a running stack."""

    schema: int = SCHEMA
    enuf: str = ""
    """The version that collected it."""
    requested: Requested
    host: HostFacts = HostFacts()
    reply: LiveReply | None = None
    """What the visitor gets."""
    front: LiveFront = LiveFront()
    backends: tuple[Backend, ...] = ()
    servers: tuple[LiveProcess, ...] = ()
    """The uWSGI and gunicorn main processes of this machine, with the workers of those that hold a backend."""
    sockets: tuple[Listening, ...] = ()
    """Where those servers listen."""
    logs: tuple[LogText, ...] = ()
    units: tuple[LiveUnit, ...] = ()
    roots: tuple[str, ...] = ()
    files: tuple[SourceFile, ...] = ()
    """The configurations that the processes name, and the files that the user named."""
    facts: dict[str, PathFact] = {}
    absent_includes: tuple[str, ...] = ()
    """Where an include of nginx's leads to no file, as `file:line`: a file that is merely not saved is not missing."""
    elsewhere: dict[str, str] = {}
    """The files that lie below another root folder than ours, with the name of that."""
    hindrances: tuple[Hindrance, ...] = ()
    took_s: float = 0.0
    topics: dict[str, Any] = {}
    """What collectors of single topics found, by the topic's name; read it with `topic`."""

    def topic(self, name: str, kind: type[T]) -> T | None:
        """Return what the collector of a topic found, None if it found nothing of that kind."""
        found = self.topics.get(name)
        if found is None or isinstance(found, kind):
            return found
        try:
            return msgspec.convert(found, kind)
        except msgspec.ValidationError:
            return None

    def named(self, path: str) -> str:
        """Return a path with the container in which it lies, as `docker cp` writes that."""
        return f"{self.elsewhere[path]}:{path}" if path in self.elsewhere else path

    def log(self, role: LogRole) -> tuple[LogText, ...]:
        """Return the logs of a role that could be read."""
        return tuple(each for each in self.logs if each.role == role and not each.problem)
