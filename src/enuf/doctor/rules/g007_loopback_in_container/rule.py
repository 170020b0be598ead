"""An app server that listens on 127.0.0.1 of its container, where nobody else reaches it."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import Evidence, PythonServer
from enuf.doctor.facts.app_servers import at_app_setting, is_loopback_host, tcp_binds
from enuf.doctor.rule import Diagnostic, Rule
from enuf.model.address import TcpAddress


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every containerised server on loopback that a site, a published port or a Service leads to."""
    for server in evidence.app_servers:
        addresses = tuple(tcp_binds(server))
        if (
            not server.in_container
            or not addresses
            or len(addresses) < len(server.binds)
            or server.beside_nginx
        ):
            continue
        if not all(is_loopback_host(address.host) for address in addresses) or not server.settings.knows(
            "bind"
        ):
            continue
        seeker = _seeker(evidence, server, addresses[0].port)
        if seeker:
            name = "bind" if server.program in ("gunicorn", "hypercorn") else "host"
            default = "" if server.setting(name) else " (the default)"
            is_known = not default or server.service is None or server.service.build is not None
            yield at_app_setting(
                server,
                name,
                f"{server.program} listens on 127.0.0.1{default} inside of its container: {seeker} cannot reach it",
                severity=None if is_known else "warning",  # an image that is not here may set PORT
                hint=f"--bind 0.0.0.0:{addresses[0].port}" if name == "bind" else "--host 0.0.0.0",
            )


def _seeker(evidence: Evidence, server: PythonServer, port: int) -> str:
    """Return who tries to reach the port from outside of the container, empty if nobody is seen."""
    service = server.service
    if service:
        if service.shares_host_network:
            return ""
        if any(published.inner == port for published in service.ports):
            return "the published port"
        for site_pass in evidence.passes:
            address = site_pass.address
            if isinstance(address, TcpAddress) and address.host in service.names and address.port == port:
                return "nginx"
    if server.pod and server.container:
        labels = server.pod.labels.items()
        for each in evidence.cluster_services:
            targets = {port_.target for port_ in each.ports}
            if each.selector and each.selector.items() <= labels and str(port) in targets:
                return "the Service"
    return ""


RULE = Rule("G007", "loopback-in-container", "error", check)
