"""A database that listens on all addresses of the host."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.app_servers import is_loopback_host, service_is_dev
from enuf.doctor.facts.database_services import admin_tools, database_services, open_ports
from enuf.doctor.rule import Diagnostic, Rule, at_line


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every published database port of a compose file that also deploys nginx or a server of apps."""
    yield from _of_tools(evidence)
    for service in database_services(evidence):
        for port in open_ports(service):
            yield at_line(
                service.file,
                port.line,
                f"{service.name} is open to everybody who reaches the host, past the host's own firewall",
                severity="advice" if service_is_dev(service, evidence) else None,
                hint=f'"127.0.0.1:{port.outer or port.inner}:{port.inner}", or no ports: at all',
            )


def _of_tools(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every published port of a tool for the administration of a database."""
    for service in admin_tools(evidence):
        for port in service.ports:
            if not is_loopback_host(port.host):
                yield at_line(
                    service.file,
                    port.line,
                    f"{service.name} shows the database to everybody who reaches the host and knows or guesses a password",
                    severity="advice" if service_is_dev(service, evidence) else None,
                    hint=f'"127.0.0.1:{port.outer or port.inner}:{port.inner}", and ssh -L to reach the tool',
                )


RULE = Rule("C007", "database-published", "warning", check)
