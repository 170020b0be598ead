"""A running stack at one moment, and its last minutes: what every view of it shows.

Whatever cannot be known is None, never a zero that looks like a measurement; `notes` say in words what is
missing and why. Times of day are seconds since the epoch. Addresses of requests are bounded and without their
query; no header is in here.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from enuf.model.certificate import TlsStatus
from enuf.model.status import JobStatus, SideProcessStatus
from enuf.model.worker_exit import WorkerExits

State = Literal["starting", "serving", "reloading", "stopping", "failed", "gone"]
"""As the supervisor says; `gone` when it does not answer."""

WorkerStatus = Literal["idle", "busy", "cheap", "starting", "unknown"]
"""`cheap`: put to sleep because there is little to do; `starting`: no process yet; `unknown`: the
server has no statistics."""


class Program(msgspec.Struct, frozen=True, kw_only=True):
    """A server: nginx, uWSGI."""

    name: str
    version: str
    origin: str
    pid: int | None = None


class Core(msgspec.Struct, frozen=True, kw_only=True):
    """One slot of a worker, a thread: what it is doing right now."""

    id: int
    busy: bool
    requests: int = 0
    method: str = ""
    path: str = ""
    request_id: str = ""
    since_s: float | None = None
    """For how long it has been busy with this request, as far as it was seen."""
    where: str = ""
    """The line of the project's own code at which a long request was seen: `shop/views.py:28 in hang`."""


class Worker(msgspec.Struct, frozen=True, kw_only=True):
    """One worker process of the server."""

    id: int
    pid: int
    generation: int
    status: WorkerStatus
    requests: int | None
    """Answered requests. None for a server without statistics."""
    rss_bytes: int = 0
    pss_bytes: int | None = None
    """Its share of the memory: what it shares with others counts for each in part.

    None where the system does not tell.
    """
    cpu: float | None = None
    """Cores that it uses: 0.5 is half of one. None at the first look."""
    cores: tuple[Core, ...] = ()


class Process(msgspec.Struct, frozen=True, kw_only=True):
    """One process of the stack."""

    unit: str
    """`front`, `server`, `supervisor`, `dashboard`."""
    pid: int
    role: str
    """`master`, `worker`, or the program's name."""
    rss_bytes: int
    pss_bytes: int | None = None
    cpu: float | None = None


class Backlog(msgspec.Struct, frozen=True, kw_only=True):
    """Connections that wait for a free thread."""

    queued: int | None
    limit: int | None
    exact: bool = True
    """False where the system cannot tell; `note` says so in words."""
    note: str = ""


class Rates(msgspec.Struct, frozen=True, kw_only=True):
    """Answers per second."""

    total: float = 0.0
    s1xx: float = 0.0
    s2xx: float = 0.0
    s3xx: float = 0.0
    s4xx: float = 0.0
    s5xx: float = 0.0


class Latency(msgspec.Struct, frozen=True, kw_only=True):
    """How long requests took, in seconds; None where there were none (or nothing measures it).

    In a point of one look they are those of the last ten seconds: percentiles of one second jump.
    """

    p50_s: float | None = None
    p95_s: float | None = None
    p99_s: float | None = None
    wait_p50_s: float | None = None
    wait_p95_s: float | None = None
    """In the queue, until a thread took the request."""
    app_p50_s: float | None = None
    app_p95_s: float | None = None
    """In the app, from there on until its answer was whole."""


class Window(msgspec.Struct, frozen=True, kw_only=True):
    """The last seconds, added up."""

    seconds: float
    requests: int
    rates: Rates
    latency: Latency
    bytes_per_s: float = 0.0
    failed: int = 0
    """Answers 5xx, without the maintenance page."""
    closed: int = 0
    """Answers that were the maintenance page of a site that is closed."""
    by_status: dict[str, int] = {}
    """Answers by exact status: `{"200": 812, "404": 3}`."""


class Point(msgspec.Struct, frozen=True, kw_only=True):
    """One look of the past, for plots; or several looks as one."""

    at: float
    rates: Rates
    latency: Latency
    busy: float | None = None
    """Slots at work; their mean in a point of several looks."""
    slots: int | None = None
    queued: int | None = None
    """Connections that waited; the most in a point of several looks."""
    memory_bytes: int = 0
    """As in the snapshot of that moment."""
    rss_bytes: int = 0
    cpu: float | None = None


EventKind = Literal[
    "start", "generation", "serving", "reload", "refused", "hung", "crash", "stop", "warning", "note"
]


class TimelineEvent(msgspec.Struct, frozen=True, kw_only=True):
    """Something that happened to the stack."""

    at: float
    kind: EventKind
    text: str
    generation: int | None = None
    id: str = ""
    """The id of the request that it is about, where there is one."""


class SlowRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A request that took long, and where its time went: wait + app + send = total."""

    at: float
    """When it ended."""
    id: str
    method: str
    path: str
    status: int
    total_s: float
    wait_s: float | None = None
    """In the queue."""
    app_s: float | None = None
    send_s: float | None = None
    """What is left: the client sending its body, and taking the answer."""
    hung: bool = False
    """Ended by the server because it took longer than `serve.timeout`."""
    stack: str = ""
    """Where its Python code was, as far as it was seen."""

    @property
    def phases(self) -> tuple[tuple[str, float], ...]:
        """The parts that are known, in their order; wait and app are one where nothing tells them apart."""
        parts = {"wait": self.wait_s, "app": self.app_s, "send": self.send_s}
        if self.app_s is None and self.send_s is not None:
            parts = {"wait + app": max(0.0, self.total_s - self.send_s), "send": self.send_s}
        return tuple((name, value) for name, value in parts.items() if value is not None)


class RouteFigures(msgspec.Struct, frozen=True, kw_only=True):
    """The requests of one route in the last minutes."""

    route: str
    """`GET /item/*`: numbers and ids are `*`. In parentheses: a row for several routes."""
    requests: int
    """Answered requests."""
    per_s: float
    p50_s: float | None = None
    p95_s: float | None = None
    wait_s: float | None = None
    """Mean time in the queue, until a thread took the request. None where it is not measured."""
    app_s: float | None = None
    """Mean time in the app."""
    failed: int = 0
    """Answers 5xx."""
    rejected: int = 0
    """Answers 4xx."""
    busy: int = 0
    """Threads that work on it now."""
    longest_s: float | None = None
    """For how long the longest of them has worked on its request."""
    where: str = ""
    """The line of the project's own code at which its latest long request was seen: `shop/views.py:28 in hang`."""
    fails_at: str = ""
    """The line of the project's own code at which its latest error was raised."""


class RouteTable(msgspec.Struct, frozen=True, kw_only=True):
    """The routes that were asked for in the last minutes."""

    seconds: float
    """How long the table looks back; at most five minutes."""
    routes: tuple[RouteFigures, ...] = ()
    """At most 40, the one that took most time first."""
    hidden: int = 0
    """Routes that are left out."""


class GenerationFigures(msgspec.Struct, frozen=True, kw_only=True):
    """The requests that one version of the app answered: the last ten minutes in which it served, at most."""

    generation: int
    since: float
    """When it began to serve. A generation that took new code in place is there twice, with two times."""
    until: float | None = None
    """When the next version took its place; None while it serves."""
    seconds: float
    """How long a time the figures cover."""
    requests: int = 0
    """Requests that were passed on to the app."""
    per_s: float = 0.0
    p50_s: float | None = None
    p95_s: float | None = None
    failed: int = 0
    """Answers 5xx."""
    rejected: int = 0
    """Answers 4xx."""


class PastHour(msgspec.Struct, frozen=True, kw_only=True):
    """The last hour of a stack, in steps of several seconds."""

    step_s: float
    points: tuple[Point, ...] = ()
    """Oldest first; each is of the step that ended at its time."""


class ErrorRecord(msgspec.Struct, frozen=True, kw_only=True):
    """Something that went wrong in the app or a server."""

    at: float
    layer: str
    """`front`, `server`, `app`, `enuf`."""
    text: str
    """Its last line: `ZeroDivisionError: division by zero`."""
    traceback: str = ""
    id: str = ""
    """The request's, where it is known."""
    request: str = ""
    """The request, `GET /cart`, where it is known."""


class ErrorGroup(msgspec.Struct, frozen=True, kw_only=True):
    """Errors that are alike, with the latest of them."""

    count: int
    first_at: float
    last_at: float
    layer: str
    text: str
    where: str = ""
    """The innermost line of the project's own code: `shop/cart.py:18 in total`."""
    request: str = ""
    """The latest request, `GET /cart`, where it is known."""
    id: str = ""
    """The latest request's id, where it is known."""


class Trouble(msgspec.Struct, frozen=True, kw_only=True):
    """Something that is wrong right now, or was a few minutes ago."""

    code: str
    """`suspended`, `errors`, `stuck`, `hung`, `slow-route`, `saturated`, `crashes`, `refused`, `stopping`."""
    short: str
    """A few words for a badge: `35 % errors`."""
    text: str


class Advice(msgspec.Struct, frozen=True, kw_only=True):
    """A sentence about what to change, with the figures that it rests on."""

    code: str
    """A short name that stays the same: `saturated`, `idle-memory`."""
    text: str
    figures: dict[str, float] = {}
    settings: str = ""
    """Lines for `enuf.toml` that follow the advice; empty where no setting alone is the cure."""


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """One sample of a stack: everything that the views show."""

    schema: int = 1
    at: float
    state: State
    reason: str = ""
    """The last thing that went wrong, in the supervisor's words."""
    url: str = ""
    topology: str = ""
    app: str = ""
    generation: int = 0
    retiring: tuple[str, ...] = ()
    uptime_s: float | None = None
    front: Program | None = None
    """None for a topology without one: then there are no figures about requests, and `notes` say so."""
    server: Program | None = None
    processes: int = 0
    threads: int = 0
    busy: int | None = None
    slots: int | None = None
    window: Window | None = None
    """None without a front, and before the second look."""
    history: tuple[Point, ...] = ()
    """At most 600, oldest first."""
    workers: tuple[Worker, ...] = ()
    units: tuple[Process, ...] = ()
    memory_bytes: int = 0
    """Of all processes; what they share is counted once where the system tells."""
    backlog: Backlog = Backlog(queued=None, limit=None, exact=False)
    events: tuple[TimelineEvent, ...] = ()
    """At most 200, oldest first."""
    slow: tuple[SlowRequest, ...] = ()
    """At most 50, newest first."""
    routes: RouteTable | None = None
    """None without a front."""
    generations: tuple[GenerationFigures, ...] = ()
    """The versions of the app that served in the last hour, newest first, at most four; empty while there is one."""
    errors: tuple[ErrorRecord, ...] = ()
    """At most 50, newest first."""
    error_groups: tuple[ErrorGroup, ...] = ()
    """The errors since the stack was started, or since the logs that could be read, at most 20, latest first."""
    beside: tuple[SideProcessStatus, ...] = ()
    """The processes that run beside the web app."""
    jobs: tuple[JobStatus, ...] = ()
    """The commands that run at certain times."""
    exits: WorkerExits = WorkerExits()
    """Workers that ended unasked since the start of the stack, by reason."""
    troubles: tuple[Trouble, ...] = ()
    """What is wrong, the most urgent first."""
    condition: str = ""
    """The troubles in a few words, for a badge; empty while there is none."""
    advice: tuple[Advice, ...] = ()
    warnings: tuple[str, ...] = ()
    """Of the supervisor: what is not as it should be."""
    tls: TlsStatus | None = None
    """The certificates that are served; None for plain HTTP."""
    cache: dict[str, int] = {}
    """Requests at cached paths since the stack began to serve, by what the cache did."""
    limited: dict[str, int] = {}
    """Requests that the front answered 429 since then, by the limit."""
    notes: tuple[str, ...] = ()
    """What cannot be measured here, and why."""
