"""nginx that looks up the name of a service which may not exist yet, and ends when it does not."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.container import ComposeService
from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.app_servers import service_is_dev, service_of_site
from enuf.doctor.rule import Diagnostic, Rule, at_line
from enuf.model.address import TcpAddress


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every nginx service without a restart policy that does not wait for the service it passes to."""
    services = {(service.file, name): service for service in evidence.services for name in service.names}
    seen: set[tuple[str, str]] = set()
    for each in evidence.passes:
        here = service_of_site(evidence, each.site.file)
        if (
            here is None
            or not isinstance(each.address, TcpAddress)
            or _restarts(here)
            or service_is_dev(here, evidence)
        ):
            continue
        target = services.get((here.file, each.address.host))
        if target is None or target is here or (here.name, target.name) in seen:
            continue
        seen.add((here.name, target.name))
        backwards = here.name in _started_before(target, services)
        if not backwards and target.name in _started_before(here, services):
            continue
        order = "starts after nginx" if backwards else "may start after nginx"
        yield at_line(
            here.file,
            here.line,
            f"{target.name} {order}, and nginx ends with `host not found in upstream` when the name does not exist yet",
            hint=f"depends_on: [{target.name}]   and   restart: unless-stopped",
        )


def _restarts(service: ComposeService) -> bool:
    policy = service.node.word("restart")
    return policy not in ("", "no") or service.node.at("deploy", "restart_policy") is not None


def _started_before(
    service: ComposeService, services: dict[tuple[str, str], ComposeService]
) -> frozenset[str]:
    """Return the names of all services that compose starts before this one."""
    linked = {each.text.partition(":")[0] for each in service.node.each("links")}
    found: set[str] = set()
    waiting = [*service.depends, *linked]
    while waiting and len(found) < 100:
        name = waiting.pop()
        other = services.get((service.file, name))
        if name not in found:
            found.add(name)
            waiting += other.depends if other else ()
    return frozenset(found)


RULE = Rule("C003", "nginx-may-start-first", "warning", check)
