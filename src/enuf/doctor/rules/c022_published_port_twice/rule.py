"""A port of the host that two services of a compose file publish."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.container import ComposeService, OuterPort
from enuf.doctor.evidence import Evidence
from enuf.doctor.rule import Diagnostic, Rule, at_line


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
                    evidence=(f"{first.file}:{before.line}: {first.name}",),
                )


RULE = Rule("C022", "published-port-twice", "warning", check)
