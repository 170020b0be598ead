"""A visitor of HTTP at a port where uWSGI speaks its own protocol, without nginx."""

from __future__ import annotations

import re
from collections.abc import Iterator

from enuf.doctor.live.case import LiveCase
from enuf.doctor.live.cause import Cause, LiveProof
from enuf.doctor.live.evidence_lines import observed, said_line

_TOO_LONG = re.compile(r"invalid request block size: \d+ \(max \d+\)")


def _prove(case: LiveCase) -> Iterator[LiveProof]:
    main, backend = case.evidence.front.main, case.backend
    if (
        main is None
        or main.program != "uwsgi"
        or backend is None
        or case.reply.failure not in ("closed", "not-http")
    ):
        return
    match = case.said.find(_TOO_LONG) if case.is_said_by_server else None
    if backend.wire != "uwsgi" and match is None:
        return
    port = case.evidence.requested.port
    yield LiveProof(
        message=f"uWSGI speaks the uwsgi protocol at port {port}, and the URL asks for HTTP there: it closes the connection without an answer",
        hint="ask through nginx; for a direct look, http-socket in place of socket, at another port of 127.0.0.1",
        evidence=(
            *((said_line(match.string),) if match else ()),
            *((observed(f"{backend.address}: {backend.answer}"),) if backend.wire == "uwsgi" else ()),
        ),
    )


CAUSE = Cause(code="L004", name="http-client-on-uwsgi-socket", severity="error", order=505, prove=_prove)
