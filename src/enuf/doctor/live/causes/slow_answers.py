"""Slow answers: an app that is slow, or a request that waits for a worker; streams held back; visitors that are slow."""

from __future__ import annotations

import re
from collections.abc import Iterator

from enuf.doctor.live.case import LiveCase
from enuf.doctor.live.cause import Cause, LiveProof
from enuf.doctor.live.evidence_lines import log_line, observed, process_line, said_line
from enuf.doctor.live.front_said import finding_here, said_by_front, seen_here, severity_of, value_in_force
from enuf.doctor.live.waiting_facts import WaitingFacts

_NO_MERCY = re.compile(
    r"worker (?P<worker>\d{1,6}) \(pid: (?P<pid>\d{1,9})\) is taking too much time to die\.{3}NO MERCY"
)
_EVENTS = "text/event-stream"


def _facts(case: LiveCase) -> WaitingFacts | None:
    return case.evidence.topic("waiting", WaitingFacts)


def _time(case: LiveCase) -> str:
    path, took_s = case.evidence.requested.path, f"{case.reply.took_s:.1f}"
    if case.reply.failure == "timeout":
        return f"{path} was not answered within {took_s} s"
    return f"{path} took {took_s} s"


def _shown(facts: WaitingFacts) -> tuple[str, ...]:
    queue = observed(f"kernel: {facts.queued} of {facts.limit} places of the queue taken after the request")
    if not facts.is_told:
        return (queue,)
    requests = f", in {', '.join(facts.requests)}" if facts.requests else ""
    return queue, observed(f"uwsgi stats: {facts.busy} of {facts.workers} workers busy{requests}")


def _is_waiting(facts: WaitingFacts) -> bool:
    """Return True if requests wait for a worker."""
    return facts.queued > 0 and not (facts.is_told and facts.busy < facts.workers)


def _of_single_worker(case: LiveCase) -> Iterator[LiveProof]:
    facts = _facts(case)
    if facts is None or not _is_waiting(facts) or facts.workers != 1:
        return
    found = case.of_code("U008")
    yield LiveProof(
        finding=found,
        message=f"{_time(case)}, because it waits: the server works on one request at a time, and is in another one",
        hint="processes = 4 and threads = 2 in uWSGI; gunicorn --workers 4 --threads 2",
        evidence=_shown(facts),
        file=case.configured.config.main_file if case.configured else "",
    )


def _of_busy_workers(case: LiveCase) -> Iterator[LiveProof]:
    facts = _facts(case)
    if facts is None or not _is_waiting(facts) or facts.workers == 1 or facts.taken == 0:
        return
    workers = f"all {facts.workers} workers" if facts.workers else "all workers"
    yield LiveProof(
        message=f"{_time(case)}, because it waits: {workers} are in other requests, and {facts.queued} connections wait in the queue",
        hint="find the slow requests: enuf top, or uWSGI's stats; then more processes or threads, or their work outside of the request",
        evidence=_shown(facts),
    )


def _of_slow_app(case: LiveCase) -> Iterator[LiveProof]:
    facts, server = _facts(case), case.server
    if facts is None or _is_waiting(facts) or server is None or case.route.handler not in ("pass", "unknown"):
        return
    if case.has_no_app or case.now or not case.evidence.reply or case.said.has("no app loaded", "no-workers"):
        return
    worker = next((each.pid for each in case.server_workers), server.pid)
    yield LiveProof(
        message=f"{_time(case)}, and no request waits for a worker: the app itself takes the time",
        hint=f"sudo py-spy dump --pid {worker} shows the line that it is in; look for queries and requests to other services without a timeout",
        evidence=(*_shown(facts), process_line(server)),
    )


def _of_events(case: LiveCase) -> Iterator[LiveProof]:
    """Prove that nginx holds back a stream: the backend sends events, and the visitor gets none."""
    reply, backend = case.reply, case.backend
    if not (reply.failure == "timeout" or (reply.is_cut and not reply.size)) or backend is None:
        return
    direct = backend.reply.header("content-type") if backend.reply else ""
    is_stream = direct.startswith(_EVENTS) or reply.header("content-type").startswith(_EVENTS)
    kind = "uwsgi" if backend.protocol == "uwsgi" else "proxy"
    if value_in_force(case, f"{kind}_buffering", "on") == "off":
        return
    found = finding_here(case, "N018")
    if found is None and not is_stream:
        return
    shown = (observed(f"{backend.address}: Content-Type: {direct}"),) if direct.startswith(_EVENTS) else ()
    evidence = (*shown, observed(f"{_time(case)} through nginx"))
    yield LiveProof(
        finding=found,
        message="the app sends server-sent events, and nginx collects them before it passes them on: they arrive late and all at once",
        hint=f'{kind}_buffering off; in the location of the events; or in the app: response.headers["X-Accel-Buffering"] = "no"',
        evidence=evidence,
    )


def _of_sending(case: LiveCase) -> Iterator[LiveProof]:
    seen = seen_here(case, lambda error: "timed out" in error.text and error.phase == "sending")
    if seen is None:
        return
    kind = "uwsgi" if seen.error.upstream.startswith("uwsgi://") else "proxy"
    limit = value_in_force(case, f"{kind}_send_timeout", "60s")
    yield LiveProof(
        message=f"the server took nothing of the request {seen.error.target or ''} for longer than {kind}_send_timeout ({limit}): nginx gave up and answered 504",
        hint="a worker must read the upload: look whether all are busy, or whether the app waits before it reads",
        evidence=(log_line(seen),),
        severity=severity_of(seen),
    )


def _of_slow_visitor(case: LiveCase) -> Iterator[LiveProof]:
    seen = said_by_front(case, "client timed out")
    if seen is None:
        return
    if "while reading client request body" in seen.error.text:
        limit = value_in_force(case, "client_body_timeout", "60s")
        message = f"an upload paused for longer than client_body_timeout ({limit}), and nginx closed the connection: it ends in the middle"
        hint = "client_body_timeout 120s; in the location of large uploads, if such visitors are to be served"
    elif "while sending" in seen.error.text:
        limit = value_in_force(case, "send_timeout", "60s")
        message = f"a visitor took nothing of an answer for longer than send_timeout ({limit}), and nginx closed the connection: it ends in the middle"
        hint = "send_timeout 120s; in the location of large files, if such visitors are to be served"
    else:
        return
    yield LiveProof(message=message, hint=hint, evidence=(log_line(seen),), severity="warning")


def _of_mercy(case: LiveCase) -> Iterator[LiveProof]:
    """Prove that a reload waits for a request, or that it killed one after waiting."""
    if not case.is_said_by_server:
        return
    killed = case.said.find(_NO_MERCY)
    lines = case.said.lines
    begun = next(
        (number for number in range(len(lines) - 1, -1, -1) if "gracefully killing workers" in lines[number]),
        None,
    )
    is_over = begun is None or any(
        "binary reloading" in line or "spawned uWSGI worker" in line for line in lines[begun:]
    )
    seen = said_by_front(case, "prematurely closed", "(104:", "(111:")
    if killed is not None and seen is not None:
        yield LiveProof(
            message=f"a reload killed a worker that was still in a request, after it had waited for worker-reload-mercy: the visitor got {case.reply.status if case.fails else 502}",
            hint="worker-reload-mercy = 120, above the longest request; and shorter requests",
            evidence=(log_line(seen), said_line(killed.string)),
            severity=severity_of(seen),
        )
    elif not is_over and begun is not None:
        yield LiveProof(
            message="a reload waits for requests that still run: until they end, or worker-reload-mercy (60 s) is over, uWSGI keeps the old code and takes no new requests",
            hint="wait; or worker-reload-mercy = 30, and shorter requests",
            evidence=(said_line(lines[begun]),),
            severity="error" if case.fails else "warning",
        )


CAUSES = (
    Cause(code="N018", name="sse-buffered", severity="warning", order=725, prove=_of_events),
    Cause(code="R035", name="send-timeout", severity="error", order=730, prove=_of_sending),
    Cause(code="R007", name="reload-waits-for-slow-request", severity="warning", order=738, prove=_of_mercy),
    Cause(code="U008", name="blocking-single-worker", severity="warning", order=740, prove=_of_single_worker),
    Cause(code="R036", name="all-workers-busy", severity="warning", order=741, prove=_of_busy_workers),
    Cause(code="R037", name="slow-app", severity="warning", order=750, prove=_of_slow_app),
    Cause(code="R038", name="slow-visitor", severity="warning", order=760, prove=_of_slow_visitor),
)
