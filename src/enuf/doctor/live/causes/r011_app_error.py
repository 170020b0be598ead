"""The app itself answered 500: nginx and the server did their work."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.live.case import LiveCase
from enuf.doctor.live.cause import Cause, LiveProof
from enuf.doctor.live.evidence_lines import said_line
from enuf.doctor.live.server_said import tracebacks

_SERVER_ERROR = 500


def _prove(case: LiveCase) -> Iterator[LiveProof]:
    if (
        case.reply.status != _SERVER_ERROR
        or case.has_no_app
        or not case.is_from_app
        or case.route.handler == "files"
    ):
        return
    if case.evidence.front.is_nginx and not case.backends:
        return
    found = [each for each in tracebacks(case.said) if not each.at_start] if case.is_said_by_server else []
    error = f": {found[-1].error}" if found else ""
    yield LiveProof(
        message=f"the app itself answers 500{error}; nginx, the socket and the server are in order",
        hint="read the traceback in the server's log and repair the app"
        if found
        else "look for the traceback in the app's own log",
        evidence=tuple(said_line(line) for line in (found[-1].lines[-4:] if found else ())),
        file=case.said.path if found else "",
    )


CAUSE = Cause(code="R011", name="app-error", severity="error", order=650, prove=_prove)
