"""A port of the host that two services of a compose file publish."""

from __future__ import annotations

import re
from collections.abc import Iterator

from enuf.doctor.container import ComposeService, OuterPort
from enuf.doctor.evidence import Evidence
from enuf.doctor.rule import Diagnostic, Rule, at_line

_ONE_OF_SEVERAL = re.compile(
    r"(?:^|[-_.])(?:dev|devel|development|prod|production|test|tests|testing|debug|staging)(?:$|[-_.])"
)
"""Services of which people start one: `app-dev` beside `app-prod`."""


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report the second of two services that want one port, unless a profile can choose between them."""
    taken: dict[tuple[str, int], tuple[ComposeService, OuterPort]] = {}
    for service in evidence.services:
        if service.node.at("profiles") or service.node.at("deploy"):
            continue
        for port in service.ports:
            if port.outer is None or service.node.word("network_mode"):
                continue
            first, before = taken.setdefault((service.file, port.outer), (service, port))
            if first is not service and ("" in (before.host, port.host) or before.host == port.host):
                yield at_line(
                    service.file,
                    port.line,
                    f"{first.name} publishes port {port.outer} already: whichever of the two starts second fails "
                    "(port is already allocated)",
                    hint=f'"{port.outer + 1}:{port.inner}", or profiles: for the service that is not always wanted',
                    severity="advice" if _are_alternatives(first, service) else None,
                    evidence=(f"{first.file}:{before.line}: {first.name}",),
                )


def _are_alternatives(first: ComposeService, second: ComposeService) -> bool:
    return any(_ONE_OF_SEVERAL.search(service.name) for service in (first, second))


RULE = Rule("C022", "published-port-twice", "warning", check)
