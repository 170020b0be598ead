"""The screen of `enuf status`: what is wrong first, then what runs."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import get_args

from enuf.cli.terminal.beside_view import beside_lines
from enuf.cli.terminal.site_status import site_line
from enuf.cli.terminal.status_rows import labelled, labelled_each
from enuf.cli.terminal.status_view import BacklogView, ServerView, StatusView, WorkerRow
from enuf.cli.widths import columns, padded
from enuf.language.spoken import translated, translated_label
from enuf.model.certificate import TlsStatus, certificate_line
from enuf.model.snapshot import ErrorGroup, WorkerStatus
from enuf.model.status import AnswerCounts, ProgramStatus
from enuf.observe.live.busy_routes import standing_at
from enuf.observe.live.processes import memory_text
from enuf.observe.live.troubles import CLOSED, clock, other_errors

MOST_WORKERS = 10
MOST_TROUBLES = 6
MOST_GROUPS = 3
LONGEST_TEXT = 200


def screen(status: StatusView) -> str:
    """Return the status as text for people, folded at 80 columns; longer words stay whole."""
    lines = [
        *labelled(status.state, f"{status.url}   {translated(f'generation {status.generation}')}"),
        *_closed(status),
        *labelled_each("problem", status.problems),
        *_troubles(status),
        *labelled("app", f"{status.app}   ({status.topology})"),
        *(
            labelled("release", translated(status.release.text))
            if status.release and status.release.text
            else []
        ),
        *(labelled("front", translated(_program(status.front))) if status.front else []),
        *labelled_each("https", _certificates(status.tls)),
        *labelled("server", translated(_program(status.server))),
        *_workers(status.server),
        *labelled("waiting", translated(_waiting(status.backlog))),
        *beside_lines(status.beside, status.jobs),
        *_answers(status.answers),
        *_counts("cache", status.cache),
        *_counts("limited", status.limited),
        *(labelled("site", site_line(status.site, status.enuf)) if status.site else []),
        *labelled("logs", status.paths.log),
    ]
    if status.dashboard:
        opened = translated("open it with: enuf dash --open")
        lines += labelled("dashboard", f"{status.dashboard.url}   {opened}")
    if status.retiring:
        lines += labelled("finishing", ", ".join(status.retiring))
    known = {each.code for each in status.troubles}
    lines += labelled_each("advice", (each.text for each in status.advice if each.code not in known))
    lines += labelled_each("warning", status.warnings)
    lines += labelled_each("note", status.notes)
    return "\n".join(lines)


def _program(program: ProgramStatus) -> str:
    origin = translated_label(program.origin)
    return f"{program.name} {program.version} ({origin}), pid {program.pid or '-'}"


def _certificates(tls: TlsStatus | None) -> list[str]:
    return [certificate_line(each, time.time()) for each in tls.certificates] if tls else []


def _workers(server: ServerView) -> list[str]:
    rows = [_worker(worker) for worker in server.workers[:MOST_WORKERS]]
    if len(server.workers) > MOST_WORKERS:
        rows.append(f"  {translated(f'and {len(server.workers) - MOST_WORKERS} more workers: enuf top')}")
    if server.slots:
        long = ", ".join(map(translated, server.long[:3]))
        rows += labelled(
            "threads", f"{translated(f'{server.busy} of {server.slots} busy')}{long and ': '}{long}"
        )
    return rows


def _worker(worker: WorkerRow) -> str:
    name = f"{translated_label('worker')} {worker.id:<3}"
    memory = memory_text(worker.rss_bytes, worker.pss_bytes)
    return f"  {name} {padded(_done(worker), 26)} {memory:>12}   pid {worker.pid}"


def _done(worker: WorkerRow) -> str:
    """Return the worker's state and request count; an empty string where the server reports neither."""
    if worker.requests is None:
        return ""
    widest = max(columns(translated_label(each)) for each in get_args(WorkerStatus))
    state = padded(translated_label(worker.status), widest)
    return f"{state} {worker.requests:>8} {translated_label('requests')}"


def _waiting(backlog: BacklogView) -> str:
    if backlog.queued is None:
        return translated_label("unknown")
    return f"{backlog.queued}" + (f" of {backlog.limit}" if backlog.limit else "")


def _answers(counts: AnswerCounts) -> list[str]:
    """Return the line about answers that were cut or too late; no line where there are none."""
    cut = [translated(f"{counts.cut} ended early")] if counts.cut else []
    late = (
        [translated(f"{counts.too_late} 503 because no thread was free in time")] if counts.too_late else []
    )
    return labelled("answers", ", ".join([*cut, *late])) if cut or late else []


def _closed(status: StatusView) -> list[str]:
    """Return the line about a site that is closed for maintenance."""
    return labelled("closed", translated(CLOSED)) if status.maintenance == "on" else []


def _counts(label: str, counts: Mapping[str, int]) -> list[str]:
    """Return the line about counts by name; none while there are no counts."""
    text = ", ".join(f"{count} {name}" for name, count in sorted(counts.items()))
    return labelled(label, text) if counts else []


def _troubles(status: StatusView) -> list[str]:
    """Return the lines about what is wrong: the troubles, why the stack fails, and the errors by kind."""
    lines = labelled_each("trouble", (each.text for each in status.troubles[:MOST_TROUBLES]))
    if status.reason and not status.refused:
        lines += labelled("reason", translated(status.reason.partition("\n")[0]))
    shown = other_errors(status.errors, status.troubles)
    for group in shown[:MOST_GROUPS]:
        lines += labelled("error", _error(group))
    if len(shown) > MOST_GROUPS:
        lines += labelled("", translated(f"and {len(shown) - MOST_GROUPS} other errors: enuf top"))
    return lines


def _error(group: ErrorGroup) -> str:
    """Return `45 x ZeroDivisionError: …, at app.py:15 in boom, in GET /boom, last 09:04:35   (enuf logs --id …)`."""
    times = f"{group.count} x " if group.count > 1 else ""
    text = group.text if group.layer == "app" else translated(group.text)
    where = translated(standing_at(group.where))
    request = translated(f", in {group.request}") if group.request else ""
    when = translated(f", last {clock(group.last_at)}") if group.count > 1 else f", {clock(group.last_at)}"
    story = f"   (enuf logs --id {group.id})" if group.id else ""
    return f"{times}{group.layer}: {text[:LONGEST_TEXT]}{where}{request}{when}{story}"
