"""An app whose import starts a server of its own and never returns."""

from __future__ import annotations

import re
from collections.abc import Iterator

from enuf.doctor.live.case import LiveCase
from enuf.doctor.live.cause import Cause, LiveProof
from enuf.doctor.live.evidence_lines import said_line

_SERVES = re.compile(r"\* Serving Flask app|\* Running on http|Uvicorn running on")


def _prove(case: LiveCase) -> Iterator[LiveProof]:
    server, said = case.server, case.said
    if not case.fails or server is None or not case.is_said_by_server:
        return
    match = said.find(_SERVES)
    if match is None or said.has("WSGI app 0 (mountpoint=") or server.program != "uwsgi":
        return
    found = case.of_code("A001")
    yield LiveProof(
        finding=found,
        message="the import of the app starts a server of its own (app.run() outside of a main guard) and never returns: uWSGI waits for "
        "it and serves no request",
        hint='move app.run() below if __name__ == "__main__":',
        evidence=(said_line(match.string),),
    )


CAUSE = Cause(code="A001", name="app-run-unguarded", severity="error", order=590, prove=_prove)
