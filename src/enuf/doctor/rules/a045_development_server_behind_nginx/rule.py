"""The development server in the service that nginx passes to, in the compose file that is not the one for development."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from enuf.doctor.container import ComposeService
from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.server_machines import service_of_machine
from enuf.doctor.machine import Container, run_together
from enuf.doctor.rule import Diagnostic, Rule, at_line
from enuf.model.address import TcpAddress

_COMMAND = re.compile(r"\bmanage\.py\s+runserver(?:_plus)?\b|\bflask\s+(?:--\S+\s+)*run\b")
_FOR_DEVELOPMENT = re.compile(
    r"(?<![a-z])(?:dev|devel|develop|development|local|debug|test|tests|ci|override|example|staging)(?![a-z])",
    re.IGNORECASE,
)
_PRODUCTION = re.compile(r"(?<![a-z])(?:prod|production|deploy|live)(?![a-z])", re.IGNORECASE)
_DEFAULT = ("docker-compose.yml", "docker-compose.yaml", "compose.yml", "compose.yaml")


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every such service of a compose file for production, or of the only one that is not for development."""
    seen: set[tuple[str, str]] = set()
    for each in evidence.passes:
        address = each.address
        if not isinstance(address, TcpAddress):
            continue
        for _, far in run_together(each.machines, evidence.machines):
            service = service_of_machine(evidence, far)
            key = (far.deployment, far.name)
            if service is None or key in seen or address.host not in far.names or not _is_developed(far):
                continue
            if not _is_for_production(evidence, service):
                continue
            seen.add(key)
            command = service.node.at("command") or service.node.at("entrypoint")
            yield at_line(
                service.file,
                command.line if command else service.line,
                "nginx stands in front of a development server: its own manual says not to use it for a site, "
                "and with DEBUG it shows the source to strangers",
                hint="gunicorn or uWSGI in this file; the development server in docker-compose.override.yml",
            )


def _is_developed(machine: Container) -> bool:
    return _COMMAND.search(" ".join(machine.command)) is not None


def _is_for_production(evidence: Evidence, service: ComposeService) -> bool:
    """Return True for a file named for production, or the plain one beside a file named for development."""
    name = posixpath.basename(service.file)
    if _PRODUCTION.search(name):
        return True
    folder = posixpath.dirname(service.file)
    beside = {
        posixpath.basename(each.file) for each in evidence.services if posixpath.dirname(each.file) == folder
    }
    others = beside - {name}
    return (
        name in _DEFAULT
        and bool(others)
        and any(_FOR_DEVELOPMENT.search(each) for each in others)
        and not any(_PRODUCTION.search(each) for each in others)
    )


RULE = Rule("A045", "development-server-behind-nginx", "warning", check)
