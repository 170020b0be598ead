"""The port of an app in a container, open on every address of a host whose own nginx stands in front of it."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.container import ComposeService, OuterPort
from enuf.doctor.evidence import Evidence, Pass
from enuf.doctor.facts.app_servers import is_loopback_host, service_is_dev, service_of_site
from enuf.doctor.rule import Diagnostic, Rule, at_line
from enuf.model.address import TcpAddress

_OWN_PORTS = (80, 443)
"""Ports of nginx itself: a container there is no one behind the host's nginx."""


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every port that a site of the host passes to over the loopback, and that docker opens to other machines."""
    passes = [each for each in evidence.passes if _is_of_host(evidence, each)]
    for service in evidence.services if passes else ():
        if service_is_dev(service, evidence) or service.shares_host_network or _is_nginx(service):
            continue
        for port in service.ports:
            named = _pass_to(passes, port)
            if named and not is_loopback_host(port.host):
                yield at_line(
                    service.file,
                    port.line,
                    f"docker opens port {port.outer} on every address of the host, past its firewall: clients go around nginx, its TLS "
                    "and its limits",
                    hint=f'"127.0.0.1:{port.outer}:{port.inner}"',
                    evidence=(
                        f"{named.named_by.file}:{named.named_by.line}: nginx of the host passes to it",
                    ),
                )


def _is_of_host(evidence: Evidence, site_pass: Pass) -> bool:
    """Return True for a pass to the loopback in a site that no container has."""
    address, file = site_pass.address, site_pass.site.file
    return (
        isinstance(address, TcpAddress)
        and is_loopback_host(address.host)
        and not site_pass.machines
        and service_of_site(evidence, file) is None
    )


def _is_nginx(service: ComposeService) -> bool:
    return "nginx" in f"{service.name} {service.base}"


def _pass_to(passes: list[Pass], port: OuterPort) -> Pass | None:
    for each in passes:
        if isinstance(each.address, TcpAddress) and each.address.port == port.outer not in _OWN_PORTS:
            return each
    return None


RULE = Rule("C028", "app-port-open-beside-nginx-of-host", "warning", check)
