"""uWSGI without a worker: `processes` is no number."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.live.case import LiveCase
from enuf.doctor.live.cause import Cause, LiveProof
from enuf.doctor.live.evidence_lines import said_line


def _prove(case: LiveCase) -> Iterator[LiveProof]:
    line = case.said.has("*** Operational MODE: no-workers ***")
    if not line or not case.fails or not case.is_said_by_server or case.said.has("starting uWSGI Emperor"):
        return
    found = case.of_code("U028")
    yield LiveProof(
        finding=found,
        message="uWSGI runs without a worker, so no process takes the requests: the number of processes is 0, or no number",
        hint="processes = 4",
        evidence=(said_line(line),),
    )


CAUSE = Cause(code="U028", name="ini-non-numeric", severity="error", order=580, prove=_prove)
