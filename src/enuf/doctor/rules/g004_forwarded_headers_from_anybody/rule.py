"""An app server that believes X-Forwarded headers of anybody, on a port that others than nginx reach."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import AppServer, Evidence
from enuf.doctor.facts.app_servers import ANY_HOSTS, at_app_setting, is_loopback_host, tcp_binds
from enuf.doctor.rule import Diagnostic, Rule


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every server that trusts all proxies and listens on a port of the host."""
    for server in evidence.app_servers:
        setting = server.setting("forwarded_allow_ips")
        if setting is None or not setting.certain or setting.text.strip() != "*" or server.dev:
            continue
        if _is_reachable(server):
            yield at_app_setting(
                server,
                "forwarded_allow_ips",
                f"{server.program} believes X-Forwarded headers of everybody who reaches its port: "
                "a client may claim any scheme, with uvicorn also any address",
                hint="bind to 127.0.0.1 or to a unix socket, or name the proxy's address in place of *",
            )


def _is_reachable(server: AppServer) -> bool:
    """Return True if the port is published, or open on a host that is no container."""
    if server.service:
        inner = {address.port for address in tcp_binds(server)}
        return any(port.inner in inner and not is_loopback_host(port.host) for port in server.service.ports)
    is_open = any(address.host in ANY_HOSTS for address in tcp_binds(server))
    return server.start.kind in ("unit", "supervisor") and is_open


RULE = Rule("G004", "forwarded-headers-from-anybody", "warning", check)
