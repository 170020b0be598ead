"""A Service whose target port no container of its pods has."""

from __future__ import annotations

import re
from collections.abc import Iterator

from enuf.doctor.container import KubernetesService, Pod, ServicePort
from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.pods import pod_ports
from enuf.doctor.rule import Diagnostic, Rule, at_line
from enuf.model.numbers import decimal

_FILLED_IN_LATER = re.compile(r"[$@<{]|__")
"""Signs of a value that a script or a template engine replaces."""


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every target port of a Service that the pods it selects do not have."""
    for service in evidence.cluster_services:
        pods = [
            pod
            for pod in evidence.pods
            if service.selector and service.selector.items() <= pod.labels.items()
        ]
        for port in service.ports if pods else ():
            if not any(_may_have(evidence, pod, port) for pod in pods):
                yield _wrong(evidence, service, port, pods)


def _may_have(evidence: Evidence, pod: Pod, port: ServicePort) -> bool:
    """Return True if the pod has the port, or if its ports are not known."""
    number = decimal(port.target, 5)
    if number is None:
        return (
            not port.target
            or _FILLED_IN_LATER.search(port.target) is not None
            or any(each.name == port.target for container in pod.containers for each in container.ports)
        )
    listened = pod_ports(evidence, pod)
    if listened is not None:
        return number in listened
    declared = [each.number for container in pod.containers for each in container.ports]
    return not declared or number in declared


def _wrong(evidence: Evidence, service: KubernetesService, port: ServicePort, pods: list[Pod]) -> Diagnostic:
    known = {number for pod in pods for number in pod_ports(evidence, pod) or ()}
    sure = bool(known) or decimal(port.target, 5) is None
    return at_line(
        service.file,
        port.line,
        f"the Service {service.name} passes to port {port.target}, which {pods[0].name or 'its pod'} does not have: "
        "connection refused",
        severity=None if sure else "advice",  # containerPort only tells: an image may listen elsewhere
        hint=f"targetPort: {min(known)}" if known else "the containerPort of the pod",
    )


RULE = Rule("K002", "service-port-leads-nowhere", "error", check)
