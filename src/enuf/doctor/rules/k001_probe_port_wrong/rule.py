"""A probe that asks a port on which its pod does not listen."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.container import Pod, PodContainer, Probe
from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.pods import pod_ports
from enuf.doctor.rule import Diagnostic, Rule, at_line
from enuf.model.numbers import decimal


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every probe at a port that the command of its container, or no port of the pod, names."""
    for pod in evidence.pods:
        for container in pod.containers:
            for probe in container.probes:
                yield from _judged(evidence, pod, container, probe)


def _judged(evidence: Evidence, pod: Pod, container: PodContainer, probe: Probe) -> Iterator[Diagnostic]:
    number = decimal(probe.port, 5)
    if number is None:
        if (
            probe.port
            and not _may_name_more_ports(pod)
            and all(port.name != probe.port for port in container.ports)
        ):
            yield at_line(
                pod.file,
                probe.line,
                f"{probe.kind} asks the port `{probe.port}`, which container {container.name} does not name: the probe fails",
                hint="a name below ports:, or the number",
            )
        return
    listened = pod_ports(evidence, pod)
    if listened is not None:
        if number not in listened:
            shown = ", ".join(map(str, sorted(listened)))
            yield _wrong(pod, probe, f"the pod listens on {shown}", None)
        return
    declared = {port.number for each in pod.containers for port in each.ports}
    if declared and None not in declared and number not in declared:
        yield _wrong(
            pod,
            probe,
            f"its containers name {', '.join(str(each) for each in sorted(filter(None, declared)))}",
            "advice",  # containerPort only tells: an image may listen elsewhere
        )


def _may_name_more_ports(pod: Pod) -> bool:
    """Return True for a chart's template: a loop over the values may write more ports."""
    return "/templates/" in pod.file


def _wrong(pod: Pod, probe: Probe, known: str, severity: str | None) -> Diagnostic:
    effect = {
        "livenessProbe": "the container is restarted again and again",
        "readinessProbe": "the pod never gets requests",
    }.get(probe.kind, "the container is killed before it is ready")
    return at_line(
        pod.file,
        probe.line,
        f"{probe.kind} asks port {probe.port}, and {known}: {effect}",
        severity=severity,
        hint="the port on which the server listens",
    )


RULE = Rule("K001", "probe-port-wrong", "error", check)
