"""A service that waits for the health of another one, which has no health check."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.container import ComposeService
from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.containers import is_completed_by_another_file, is_override
from enuf.doctor.rule import Diagnostic, Rule, at_line

_WITHOUT = (
    "postgres",
    "mysql",
    "mariadb",
    "redis",
    "mongo",
    "nginx",
    "python",
    "rabbitmq",
    "memcached",
    "valkey",
)


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every `condition: service_healthy` on a service that certainly has no check."""
    services = {(service.file, service.name): service for service in evidence.services}
    for service in evidence.services:
        for name, condition in service.depends.items():
            other = services.get((service.file, name))
            if condition != "service_healthy" or other is None or not _has_none(other):
                continue
            if not is_override(other.file) and not is_completed_by_another_file(evidence, other):
                node = service.node.at("depends_on", name)
                yield at_line(
                    service.file,
                    node.line if node else service.line,
                    f"{name} has no health check, so compose refuses to start {service.name}: "
                    "`dependency failed to start: container has no healthcheck configured`",
                    hint=f"healthcheck: below {name}, or condition: service_started",
                )


def _has_none(service: ComposeService) -> bool:
    """Return True if neither the compose file nor the image has a check."""
    if service.node.at("healthcheck") or service.node.at("extends"):
        return False
    if service.build:
        return (
            not service.build.healthcheck[1]
            and service.build.base.partition(":")[0].rpartition("/")[2] in _WITHOUT
        )
    name, slash, last = service.image.partition(":")[0].rpartition("/")
    return not service.context and (not slash or name == "library") and last in _WITHOUT


RULE = Rule("C009", "waits-for-health-without-check", "error", check)
