"""The port of the app, published beside the nginx that is to stand in front of it."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.container import ComposeService, OuterPort
from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.app_servers import is_loopback_host, service_is_dev
from enuf.doctor.rule import Diagnostic, Rule, at_line
from enuf.model.address import TcpAddress

_HOST_OF_DOCKER = "host.docker.internal"


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every published port that nginx passes requests to, of a service that runs Python."""
    for service in evidence.services:
        if not (_is_python(evidence, service) or _is_unknown(service)) or service.file.endswith(
            ("override.yml", "override.yaml")
        ):
            continue
        if not _has_nginx(evidence, service):
            continue
        passed = _ports_passed_to(evidence, service)
        for port in service.ports:
            if port.inner in passed and not is_loopback_host(port.host):
                yield at_line(
                    service.file,
                    port.line,
                    f"port {port.outer or port.inner} leads past nginx to the app: clients skip its limits and TLS, "
                    "and may send any X-Forwarded header",
                    severity="advice" if service_is_dev(service, evidence) else None,
                    hint=_hint(evidence, port),
                )


def _hint(evidence: Evidence, port: OuterPort) -> str:
    """Return the entry of `ports:` that leaves the way of nginx open and closes the others."""
    outer = port.outer or port.inner
    addresses = [each.address for each in evidence.passes if isinstance(each.address, TcpAddress)]
    if any(each.host == _HOST_OF_DOCKER and each.port == outer for each in addresses):
        return f'"172.17.0.1:{outer}:{port.inner}"   the address of {_HOST_OF_DOCKER} on Linux'
    return f'expose: ["{port.inner}"]   in place of ports:, or "127.0.0.1:{outer}:{port.inner}"'


def _is_python(evidence: Evidence, service: ComposeService) -> bool:
    if any(server.service is service for server in evidence.app_servers):
        return True
    if any(
        each.service is service for server in evidence.servers if server.start for each in server.machines
    ):
        return True
    return service.build is not None and "python" in service.build.base.lower()


def _is_unknown(service: ComposeService) -> bool:
    """Return True for an image of a registry of its own, of which its ports say that nginx stands in front of it."""
    registry, slash, _ = service.image.partition("/")
    return service.build is None and bool(slash) and "." in registry


def _has_nginx(evidence: Evidence, service: ComposeService) -> bool:
    """Return True if nginx runs beside the service: in its compose file, or in one that adds to it."""
    for other in evidence.services:
        if "nginx" not in f"{other.name} {other.base} {other.image}" and not any(
            "nginx" in mount.target for mount in other.volumes
        ):
            continue
        if other.file == service.file:
            return True
        again = [each for each in evidence.services if each.file == other.file and each.name == service.name]
        if not any(each.image or each.node.at("build") for each in again):
            return True
    return False


def _ports_passed_to(evidence: Evidence, service: ComposeService) -> set[int]:
    """Return the ports of a service that HTTP passes of sites name, by one of its names."""
    addresses = [
        each.address
        for each in evidence.passes
        if each.protocol == "http" and isinstance(each.address, TcpAddress)
    ]
    around = {
        port.inner
        for port in service.ports
        for address in addresses
        if address.host == _HOST_OF_DOCKER and address.port == port.outer and port.inner
    }
    return (
        around
        | {address.port for address in addresses if address.host in service.names}
        | _routers(evidence, service)
    )


def _routers(evidence: Evidence, service: ComposeService) -> set[int]:
    """Return the ports for HTTP of a uWSGI in the service that nginx reaches by another socket of its own."""
    return {
        listener.address.port
        for server in evidence.servers
        if any(each.service is service for each in server.machines)
        and any(each.protocol == "uwsgi" for each in server.listeners)
        and any(each.match.directive.name == "uwsgi_pass" for each in evidence.passes)
        for listener in server.listeners
        if listener.protocol == "http" and isinstance(listener.address, TcpAddress)
    }


RULE = Rule("C001", "app-port-published-beside-nginx", "warning", check)
