"""No program listens at the port of the URL."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.live.case import LiveCase
from enuf.doctor.live.cause import Cause, LiveProof
from enuf.doctor.live.evidence_lines import observed, process_line
from enuf.doctor.live.explained import NGINX_STOPPED, explained_by


def _prove(case: LiveCase) -> Iterator[LiveProof]:
    front, port = case.evidence.front, case.evidence.requested.port
    if case.reply.failure != "refused" or front.listeners or explained_by(case, NGINX_STOPPED, anywhere=True):
        return
    running = tuple(process_line(each) for each in front.others)
    unit = next((each for each in case.evidence.units if each.name == "nginx.service"), None)
    state = (observed(f"systemctl: nginx.service is {unit.value('ActiveState')}"),) if unit else ()
    if running:
        message = (
            f"no program listens at port {port}: nginx runs, and none of its server blocks has this port"
        )
        hint = f"add listen {port}; to the server block, and: sudo nginx -t && sudo nginx -s reload"
    elif case.static.sites or unit:
        message = f"no program listens at port {port}: nginx does not run"
        hint = "sudo nginx -t shows why it does not start; then: sudo systemctl start nginx"
    else:
        message = f"no program listens at port {port}: the server does not run, or listens at another port"
        hint = "start the server, and read what it says"
    yield LiveProof(
        message=message,
        hint=hint,
        evidence=(f"/proc/net/tcp: no socket listens at port {port}", *state, *running),
    )


CAUSE = Cause(code="R010", name="front-not-running", severity="error", order=120, prove=_prove)
