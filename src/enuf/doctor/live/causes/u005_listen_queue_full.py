"""A full queue of connections: all workers are busy, and the kernel takes no more (F199)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from enuf.doctor.live.case import LiveCase
from enuf.doctor.live.cause import Cause, LiveProof
from enuf.doctor.live.evidence import Listening
from enuf.doctor.live.evidence_lines import log_line, said_line

_AGAIN, _TIMED_OUT = 11, 110
_FULL = re.compile(r"listen queue of socket .* full !!! \((?P<queued>\d+)/(?P<limit>\d+)\)")


def _full(case: LiveCase) -> Listening | None:
    """Return the listener whose queue is full now: the kernel counts one connection more than the limit."""
    backend = case.backend
    found = (
        each
        for each in (backend.listeners if backend else ())
        if each.queued is not None and each.limit and each.queued >= each.limit
    )
    return next(found, None)


def _of_unix(case: LiveCase) -> Iterator[LiveProof]:
    backend = case.backend
    seen = case.failed(_AGAIN)
    if backend is None or not backend.is_unix:
        return
    full = _full(case)
    if seen is None and full is None:
        return
    limit = full.limit if full else next((each.limit for each in backend.listeners if each.limit), None)
    places = f" of {limit} places" if limit else ""
    yield LiveProof(
        message=f"all workers were busy and the queue{places} of {backend.address} was full (errno 11): nginx answered 502 without waiting",
        hint=f"more workers or threads, and listen = {_wanted(case)} in uWSGI (gunicorn: --backlog), not above net.core.somaxconn",
        evidence=(
            *((log_line(seen),) if seen else ()),
            *((f"kernel: {full.queued} of {full.limit} places of the queue taken",) if full else ()),
        ),
        severity="error" if full or (seen and seen.is_now) else "warning",
    )


def _of_tcp(case: LiveCase) -> Iterator[LiveProof]:
    backend = case.backend
    seen = case.failed(_TIMED_OUT)
    if backend is None or backend.is_unix:
        return
    full = _full(case)
    match = case.said.find(_FULL) if case.is_said_by_server else None
    if full is None and not (seen and backend.listeners) and match is None:
        return
    yield LiveProof(
        message=f"all workers were busy and the queue of {backend.address} was full: the kernel drops new connections, and nginx answers "
        "504 after its connect timeout",
        hint=f"more workers or threads, and listen = {_wanted(case)} in uWSGI (gunicorn: --backlog), not above net.core.somaxconn",
        evidence=(
            *((log_line(seen),) if seen else ()),
            *((said_line(match.string),) if match else ()),
            *((f"kernel: {full.queued} of {full.limit} places of the queue taken",) if full else ()),
        ),
        severity="error" if full or (seen and seen.is_now) else "warning",
    )


def _wanted(case: LiveCase) -> int:
    return min(1024, case.evidence.host.somaxconn or 1024)


CAUSES = (
    Cause(code="U005", name="listen-queue-full", severity="error", order=400, prove=_of_unix),
    Cause(code="U006", name="listen-queue-full-tcp", severity="error", order=410, prove=_of_tcp),
)
