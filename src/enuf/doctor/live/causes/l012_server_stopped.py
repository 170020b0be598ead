"""An app server whose processes are stopped: they hold the socket and do nothing."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.live.case import LiveCase
from enuf.doctor.live.cause import Cause, LiveProof
from enuf.doctor.live.evidence_lines import process_line

_STOPPED = ("T", "t")


def _prove(case: LiveCase) -> Iterator[LiveProof]:
    server = case.server
    if server is None or not case.fails:
        return
    working = case.serving
    stopped = [each for each in working if each.state in _STOPPED]
    if len(stopped) < len(working):
        return
    pids = " ".join(str(each.pid) for each in (server, *working) if each.state in _STOPPED)
    yield LiveProof(
        message=f"all {len(working)} processes of {server.program} that take requests are stopped (state T, as by ctrl-Z, SIGSTOP or a debugger): connections wait "
        "for nobody",
        hint=f"kill -CONT {pids}",
        evidence=tuple(process_line(each) for each in stopped[:4]),
    )


CAUSE = Cause(code="L012", name="server-stopped", severity="error", order=390, prove=_prove)
