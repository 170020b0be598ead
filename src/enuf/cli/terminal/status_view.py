"""The output of `enuf status`: the supervisor's status, the workers, the queue, the last error, advice."""

from __future__ import annotations

import textwrap
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Literal

import msgspec

from enuf.cli.terminal.output import printable
from enuf.control.client import ask_supervisor
from enuf.discover.denied import cure_for_denied
from enuf.model.certificate import TlsStatus, certificate_line
from enuf.model.paths import StackPaths
from enuf.model.protocol import StatusRequest
from enuf.model.snapshot import Advice, Backlog, ErrorGroup, ErrorRecord, Trouble, Worker
from enuf.model.status import (
    AnswerCounts,
    DashboardStatus,
    Phase,
    ProgramStatus,
    Refusal,
    ReloadCounts,
    ServerStatus,
    StackStatus,
    SupervisorStatus,
)
from enuf.model.worker_exit import WorkerExits
from enuf.observe.live.backlog import app_backlog
from enuf.observe.live.busy_routes import LONG_S, busy_routes, lasting, standing_at
from enuf.observe.live.requests import recent_answers
from enuf.observe.live.troubles import RECENT_S, TroubleInput, condition, troubles
from enuf.observe.live.workers import busy_threads, child_workers, read_workers, with_places
from enuf.observe.logs.watcher import LogWatcher
from enuf.observe.views.from_dashboard import ask_dashboard, read_token

WITHIN_S = 5
WIDTH = 80
MOST_WORKERS = 10
MOST_TROUBLES = 6
MOST_GROUPS = 3
LONGEST_TEXT = 200
INDENT = 11


class WorkerRow(msgspec.Struct, frozen=True):
    """One worker process of the app server."""

    id: int
    pid: int
    status: str
    requests: int | None
    rss_bytes: int


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


def read_status(paths: StackPaths) -> StatusView:
    """Ask the supervisor, measure workers and queue, and read the logs. Raise NotRunning or AnswerIsNo."""
    status = ask_supervisor(paths, StatusRequest(checked=True), StackStatus, timeout_s=WITHIN_S)
    seen = _measure(paths, status)
    from_dashboard = ask_dashboard(status.dashboard.url if status.dashboard else "", read_token(paths))
    return StatusView(
        state="failed" if status.problems else status.state,
        reason=status.reason,
        url=status.url,
        tls=status.tls,
        topology=status.topology,
        generation=status.generation,
        app=status.app,
        supervisor=status.supervisor,
        front=status.front,
        server=_server_view(status, seen.workers),
        retiring=status.retiring,
        paths=PathsView(status.paths.conf, status.paths.log, status.paths.socket),
        dashboard=status.dashboard,
        condition=condition(seen.troubles),
        troubles=seen.troubles,
        reloads=status.reloads,
        refused=status.refused,
        answers=status.answers,
        maintenance=status.maintenance,
        exits=status.exits,
        warnings=status.warnings,
        problems=status.problems,
        backlog=BacklogView(seen.backlog.queued, seen.backlog.limit),
        notes=(seen.backlog.note,) if seen.backlog.note else (),
        last_error=seen.last_error,
        errors=seen.errors,
        advice=from_dashboard.advice,
        cache=from_dashboard.cache,
        limited=from_dashboard.limited,
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
            workers=workers,
            backlog=backlog,
            journal=tuple(log_watcher.ended),
            refused=status.refused,
            suspended=status.suspended,
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
    return WorkerRow(worker.id, worker.pid, worker.status, worker.requests, worker.rss_bytes)


def screen(status: StatusView) -> str:
    """Return the status as text for people, folded at 80 columns; longer words stay whole."""
    lines = [
        *_line(status.state, f"{status.url}   generation {status.generation}"),
        *(row for text in status.problems for row in _line("problem", text)),
        *_troubles(status),
        *_line("app", f"{status.app}   ({status.topology})"),
        *(_line("front", _program(status.front)) if status.front else []),
        *(row for text in _certificates(status.tls) for row in _line("https", text)),
        *_line("server", _program(status.server)),
        *_workers(status.server),
        *_line("waiting", _waiting(status.backlog)),
        *_answers(status.answers),
        *_closed(status),
        *_counts("cache", status.cache),
        *_counts("429 for", status.limited),
        *_line("logs", status.paths.log),
    ]
    if status.dashboard:
        lines += _line("dashboard", f"{status.dashboard.url}   open it with: enuf dash --open")
    if status.retiring:
        lines += _line("finishing", ", ".join(status.retiring))
    told = {each.code for each in status.troubles}
    lines += [row for each in status.advice if each.code not in told for row in _line("advice", each.text)]
    lines += [row for text in status.warnings for row in _line("warning", text)]
    lines += [row for text in status.notes for row in _line("note", text)]
    return "\n".join(lines)


def _line(label: str, text: str) -> list[str]:
    """Return a label and its text, folded between words."""
    rows = textwrap.wrap(printable(text), WIDTH - INDENT, break_long_words=False, break_on_hyphens=False) or [
        ""
    ]
    return [f"{label:<{INDENT - 1}} {rows[0]}", *(" " * INDENT + row for row in rows[1:])]


def _program(program: ProgramStatus) -> str:
    return f"{program.name} {program.version} ({program.origin}), pid {program.pid or '-'}"


def _certificates(tls: TlsStatus | None) -> list[str]:
    return [certificate_line(each, time.time()) for each in tls.certificates] if tls else []


def _workers(server: ServerView) -> list[str]:
    rows = [
        f"  worker {worker.id:<3} {_done(worker):<26} {worker.rss_bytes / 2**20:>6.0f} MB   pid {worker.pid}"
        for worker in server.workers[:MOST_WORKERS]
    ]
    if len(server.workers) > MOST_WORKERS:
        rows.append(f"  and {len(server.workers) - MOST_WORKERS} more workers: enuf top")
    if server.slots:
        long = f": {', '.join(server.long[:3])}" if server.long else ""
        rows += _line("threads", f"{server.busy} of {server.slots} busy{long}")
    return rows


def _done(worker: WorkerRow) -> str:
    """Return the worker's state and request count; an empty string where the server reports neither."""
    if worker.requests is None:
        return ""
    return f"{worker.status:<7} {worker.requests:>8} requests"


def _waiting(backlog: BacklogView) -> str:
    if backlog.queued is None:
        return "unknown"
    return f"{backlog.queued}" + (f" of {backlog.limit}" if backlog.limit else "")


def _answers(counts: AnswerCounts) -> list[str]:
    """Return the line about answers that were cut or too late; none while there is nothing to say."""
    said = {"ended early": counts.cut, "503 because no thread was free in time": counts.too_late}
    parts = [f"{count} {what}" for what, count in said.items() if count]
    return _line("answers", ", ".join(parts)) if parts else []


def _closed(status: StatusView) -> list[str]:
    """Return the line about a site that is closed for maintenance."""
    text = "visitors get the maintenance page (503); open the site again: enuf maintenance off"
    return _line("closed", text) if status.maintenance == "on" else []


def _counts(label: str, counts: Mapping[str, int]) -> list[str]:
    """Return the line about counts by name; none while there are no counts."""
    text = ", ".join(f"{count} {name}" for name, count in sorted(counts.items()))
    return _line(label, text) if counts else []


def _troubles(status: StatusView) -> list[str]:
    """Return the lines about what is wrong: the troubles, why the stack fails, and the errors by kind."""
    lines = [row for each in status.troubles[:MOST_TROUBLES] for row in _line("trouble", each.text)]
    if status.reason and not status.refused:
        lines += _line("reason", status.reason.partition("\n")[0])
    crashed = any(each.code in ("crashes", "hung", "stuck") for each in status.troubles)
    shown = [group for group in status.errors if not (crashed and group.layer != "app")]
    for group in shown[:MOST_GROUPS]:
        lines += _line("error", _error(group))
    if len(shown) > MOST_GROUPS:
        lines += _line("", f"and {len(shown) - MOST_GROUPS} other errors: enuf top")
    return lines


def _error(group: ErrorGroup) -> str:
    """Return `45 x ZeroDivisionError: …, at app.py:15 in boom, in GET /boom, last 09:04:35   (enuf logs --id …)`."""
    times = f"{group.count} x " if group.count > 1 else ""
    request = f", in {group.request}" if group.request else ""
    clock = time.strftime("%H:%M:%S", time.localtime(group.last_at))
    when = f", last {clock}" if group.count > 1 else f", {clock}"
    story = f"   (enuf logs --id {group.id})" if group.id else ""
    return (
        f"{times}{group.layer}: {group.text[:LONGEST_TEXT]}{standing_at(group.where)}{request}{when}{story}"
    )
