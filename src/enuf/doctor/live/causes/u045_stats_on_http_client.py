"""A URL that leads to uWSGI's stats server, which sends JSON without HTTP."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.live.case import LiveCase
from enuf.doctor.live.cause import Cause, LiveProof
from enuf.doctor.live.evidence_lines import observed

_BEGIN = '"version":"'


def _prove(case: LiveCase) -> Iterator[LiveProof]:
    reply, port = case.reply, case.evidence.requested.port
    if (
        reply.failure != "not-http"
        or not reply.body.lstrip().startswith("{")
        or _BEGIN not in reply.body[:40]
    ):
        return
    evidence = (observed(f"the answer begins with {reply.body[:60]}"),)
    found = case.of_code_anywhere("U045")
    yield LiveProof(
        finding=found,
        message=f"port {port} is uWSGI's stats server, which sends JSON without HTTP: browsers and curl take its answer for an error",
        hint="stats-http = true in the ini, or read it with uwsgitop or enuf top",
        evidence=evidence,
    )


CAUSE = Cause(code="U045", name="stats-on-http-client", severity="error", order=150, prove=_prove)
