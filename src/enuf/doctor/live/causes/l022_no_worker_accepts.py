"""Workers that take no connection though they are in no request: the app is still imported, or hangs outside of requests."""

from __future__ import annotations

import re
from collections.abc import Iterator

from enuf.doctor.live.case import LiveCase
from enuf.doctor.live.cause import Cause, LiveProof
from enuf.doctor.live.evidence_lines import observed, process_line
from enuf.doctor.live.waiting_facts import WaitingFacts

_STOPPED = ("T", "t")
_LOADED = re.compile(r"WSGI app 0 \(mountpoint=|no app loaded|unable to load app 0")


def _prove(case: LiveCase) -> Iterator[LiveProof]:
    facts, server = case.evidence.topic("waiting", WaitingFacts), case.server
    if facts is None or server is None or facts.taken != 0 or not facts.queued or not case.fails:
        return
    if all(each.state in _STOPPED for each in case.serving):
        return
    is_importing = server.program == "uwsgi" and case.is_said_by_server and not case.said.find(_LOADED)
    worker = case.serving[0].pid
    yield LiveProof(
        message=f"{facts.queued} connections wait in the queue, and uWSGI has not loaded the app yet: its import has not ended"
        if is_importing
        else f"{facts.queued} connections wait in the queue, and no worker of {server.program} is in a request: the import of the app has not ended, or the workers hang outside of requests",
        hint=f"sudo py-spy dump --pid {worker} shows the line that it is in; take connections to databases and other services, which may never answer, out of the import",
        evidence=(
            observed(f"kernel: {facts.queued} of {facts.limit} places of the queue taken"),
            observed(f"/proc/PID/fd: no worker holds a connection that came from {case.url}"),
            process_line(server),
        ),
    )


CAUSE = Cause(code="L022", name="no-worker-accepts", severity="error", order=395, prove=_prove)
