"""No program listens at the port of the URL."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.live.case import LiveCase
from enuf.doctor.live.cause import Cause, LiveProof
from enuf.doctor.live.evidence_lines import observed, process_line
from enuf.doctor.live.explained import NGINX_STOPPED, explained_by
from enuf.model.address import TcpAddress
from enuf.model.finding import Severity


def _prove(case: LiveCase) -> Iterator[LiveProof]:
    front, port = case.evidence.front, case.evidence.requested.port
    if case.reply.failure != "refused" or front.listeners or explained_by(case, NGINX_STOPPED, anywhere=True):
        return
    severity: Severity = "error"
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
    if _is_another_port(case):
        severity = "warning"
        message = f"no program listens at port {port}, and no file that was read names this port: the URL may be wrong"
        hint = "ask for the address at which the server listens; uwsgi sockets need an nginx in front"
    yield LiveProof(
        message=message,
        hint=hint,
        evidence=(f"/proc/net/tcp: no socket listens at port {port}", *state, *running),
        severity=severity,
    )


def _is_another_port(case: LiveCase) -> bool:
    """Return True if the files describe servers, no nginx, and none of the servers at the port of the URL."""
    addresses = [listener.address for server in case.static.servers for listener in server.listeners]
    addresses += [bind.address for server in case.static.app_servers for bind in server.binds]
    port = case.evidence.requested.port
    is_named = any(isinstance(each, TcpAddress) and each.port == port for each in addresses)
    return bool(addresses) and not is_named and not case.static.sites


CAUSE = Cause(code="R010", name="front-not-running", severity="error", order=120, prove=_prove)
