"""The output of `enuf status`: the supervisor's status, the workers, the queue, the last error, advice."""

from __future__ import annotations

import time
from collections.abc import Iterable
from pathlib import Path
from typing import Literal

import msgspec

from enuf.cli.terminal.site_status import ServiceLook, SiteView
from enuf.control.client import ask_supervisor
from enuf.discover.denied import cure_for_denied
from enuf.model.certificate import TlsStatus
from enuf.model.paths import StackPaths
from enuf.model.protocol import StatusRequest
from enuf.model.release import ReleaseStatus
from enuf.model.snapshot import Advice, Backlog, ErrorGroup, ErrorRecord, Trouble, Worker
from enuf.model.status import (
    AnswerCounts,
    DashboardStatus,
    JobStatus,
    Phase,
    ProgramStatus,
    Refusal,
    ReloadCounts,
    ServerStatus,
    SideProcessStatus,
    StackStatus,
    SupervisorStatus,
)
from enuf.model.worker_exit import WorkerExits
from enuf.observe.live.backlog import app_backlog
from enuf.observe.live.busy_routes import LONG_S, busy_routes, lasting, standing_at
from enuf.observe.live.recent_answers import recent_answers
from enuf.observe.live.troubles import RECENT_S, TroubleInput, condition, troubles
from enuf.observe.live.units_beside import with_units
from enuf.observe.live.workers import busy_threads, child_workers, read_workers, with_places
from enuf.observe.logs.watcher import LogWatcher
from enuf.observe.views.from_dashboard import dashboard_view
from enuf.sites.address import url_of_visitors
from enuf.sites.failure import reason_of_start

WITHIN_S = 5


class WorkerRow(msgspec.Struct, frozen=True):
    """One worker process of the app server."""

    id: int
    pid: int
    status: str
    requests: int | None
    rss_bytes: int
    pss_bytes: int | None


class ServerView(ServerStatus, frozen=True, kw_only=True):
    """The app server with its workers."""

    workers: tuple[WorkerRow, ...]
    busy: int | None
    """Threads that work on a request; None where the server has no statistics."""
    slots: int | None
    """All threads of the workers; None where the server has no statistics."""
    long: tuple[str, ...] = ()
    """The requests that take long: `GET /report for 12 s, at shop/report.py:28 in rows`."""


class PathsView(msgspec.Struct, frozen=True):
    """The folders and files that a user may look into."""

    conf: str
    log: str
    socket: str


class BacklogView(msgspec.Struct, frozen=True):
    """The accept queue in front of the app server; None for what the system does not show."""

    queued: int | None
    limit: int | None


class LastError(msgspec.Struct, frozen=True):
    """The newest error in the logs of the servers and the app."""

    at: float
    layer: str
    text: str
    id: str


class StatusView(msgspec.Struct, frozen=True, kw_only=True):
    """The document of `enuf status --json`: the supervisor's status and what the command measured itself."""

    state: Phase
    reason: str
    url: str
    tls: TlsStatus | None = None
    topology: str
    generation: int
    app: str
    release: ReleaseStatus | None
    supervisor: SupervisorStatus
    front: ProgramStatus | None
    server: ServerView
    retiring: tuple[str, ...]
    paths: PathsView
    dashboard: DashboardStatus | None
    condition: str
    """What is wrong in a few words; empty while nothing is."""
    troubles: tuple[Trouble, ...]
    reloads: ReloadCounts
    refused: Refusal | None
    answers: AnswerCounts
    exits: WorkerExits
    beside: tuple[SideProcessStatus, ...] = ()
    jobs: tuple[JobStatus, ...] = ()
    maintenance: Literal["on", "off", "none"] = "none"
    warnings: tuple[str, ...]
    problems: tuple[str, ...]
    backlog: BacklogView
    notes: tuple[str, ...]
    last_error: LastError | None
    errors: tuple[ErrorGroup, ...]
    advice: tuple[Advice, ...]
    cache: dict[str, int]
    limited: dict[str, int]
    site: SiteView | None = None
    """The service of an installed site; None for a stack of `enuf up`."""
    enuf: str = ""
    """The version of enuf that runs the stack; empty from one that does not say so."""

    @property
    def serves(self) -> bool:
        """True if visitors get answers."""
        return self.state in ("serving", "reloading")


class _Measured(msgspec.Struct, frozen=True):
    """What the command measures itself, beside the supervisor's status."""

    workers: tuple[Worker, ...]
    backlog: Backlog
    last_error: LastError | None
    errors: tuple[ErrorGroup, ...]
    troubles: tuple[Trouble, ...]


def read_status(paths: StackPaths, look: ServiceLook | None = None) -> StatusView:
    """Ask the supervisor, measure workers and queue, and read the logs. Raise NotRunning or AnswerIsNo.

    `look` is what systemd says about an installed site.
    """
    status = ask_supervisor(paths, StatusRequest(checked=True), StackStatus, timeout_s=WITHIN_S)
    status = with_units(status, look.service if look else None, Path(paths.log))
    seen = _measure(paths, status)
    from_dashboard = dashboard_view(paths, status.dashboard)
    return StatusView(
        state="failed" if status.problems else status.state,
        reason=reason_of_start(paths, status.state, status.reason),
        url=url_of_visitors(paths.site, status.url),
        tls=status.tls,
        topology=status.topology,
        generation=status.generation,
        app=status.app,
        release=status.release,
        supervisor=status.supervisor,
        front=status.front,
        server=_server_view(status, seen.workers),
        retiring=status.retiring,
        paths=PathsView(status.paths.conf, status.paths.log, status.paths.socket),
        dashboard=status.dashboard,
        condition=condition(seen.troubles, is_closed=status.maintenance == "on"),
        troubles=seen.troubles,
        reloads=status.reloads,
        refused=status.refused,
        answers=status.answers,
        maintenance=status.maintenance,
        exits=status.exits,
        beside=status.beside,
        jobs=status.jobs,
        warnings=status.warnings,
        problems=status.problems,
        backlog=BacklogView(seen.backlog.queued, seen.backlog.limit),
        notes=(seen.backlog.note,) if seen.backlog.note else (),
        last_error=seen.last_error,
        errors=seen.errors,
        advice=from_dashboard.advice,
        cache=from_dashboard.cache,
        limited=from_dashboard.limited,
        site=look.view if look else None,
        enuf=status.enuf,
    )


def _measure(paths: StackPaths, status: StackStatus) -> _Measured:
    """Read the statistics of the workers, the queue and the logs."""
    log, now = Path(status.paths.log), time.time()
    workers, backlog = _read_workers(paths, status), app_backlog(paths, status)
    log_watcher = LogWatcher(log, paths.project)
    try:
        log_watcher.poll(finish=True)
    finally:
        log_watcher.close()
    found = troubles(
        TroubleInput(
            now=now,
            state=status.state,
            project=paths.project,
            answers=recent_answers(log / "access.log", now),
            is_closed=status.maintenance == "on",
            workers=workers,
            backlog=backlog,
            journal=tuple(log_watcher.ended),
            refused=status.refused,
            suspended=status.suspended,
            beside=status.beside,
            jobs=status.jobs,
        )
    )
    found = (*found, *_denied(log_watcher.errors, paths.project, now))
    # The supervisor's own errors are the `reason`, and among the troubles.
    last = max(
        (error for error in log_watcher.errors if error.layer != "enuf"),
        key=lambda each: each.at,
        default=None,
    )
    return _Measured(
        workers=workers,
        backlog=backlog,
        last_error=LastError(at=last.at, layer=last.layer, text=last.text, id=last.id) if last else None,
        errors=tuple(group for group in log_watcher.groups.latest() if group.layer != "enuf"),
        troubles=found,
    )


def _denied(errors: Iterable[ErrorRecord], project: str, now: float) -> tuple[Trouble, ...]:
    """Return what the user of the app lacks, if the app was refused a file lately: user, path and cure.

    This process has the rights of the app's user.
    """
    texts = (error.traceback for error in errors if error.layer == "app" and now - error.at <= RECENT_S)
    cure = next(filter(None, (cure_for_denied(text, project) for text in texts)), "")
    return (Trouble(code="denied", short="missing rights", text=cure),) if cure else ()


def _read_workers(paths: StackPaths, status: StackStatus) -> tuple[Worker, ...]:
    generation, server = status.generation, status.server
    workers = with_places(paths, read_workers(paths.statistics_of(generation), generation))
    return workers or (child_workers(server.pid, generation) if server.pid else ())


def _server_view(status: StackStatus, workers: tuple[Worker, ...]) -> ServerView:
    """Return the server with its workers, and how many of their threads are busy."""
    busy, slots = busy_threads(workers)
    return ServerView(
        **msgspec.structs.asdict(status.server),
        workers=tuple(_worker_row(worker) for worker in workers),
        busy=busy,
        slots=slots,
        long=tuple(
            f"{route.route} for {lasting(route.longest_s)}{standing_at(route.where)}"
            for route in busy_routes(workers)
            if route.longest_s >= LONG_S
        ),
    )


def _worker_row(worker: Worker) -> WorkerRow:
    return WorkerRow(
        worker.id, worker.pid, worker.status, worker.requests, worker.rss_bytes, worker.pss_bytes
    )
