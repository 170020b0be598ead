"""A pod that stops at once while Services still send requests to it."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.rule import Diagnostic, Rule, at_line


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every app server without a preStop hook in a pod that a Service selects."""
    for server in evidence.app_servers:
        pod, container = server.pod, server.container
        if pod is None or container is None or container.node.at("lifecycle", "preStop"):
            continue
        if any(
            each.selector and each.selector.items() <= pod.labels.items()
            for each in evidence.cluster_services
        ):
            yield at_line(
                pod.file,
                container.line,
                "no preStop: the server stops listening while Services still send requests to this pod for a moment",
                hint='lifecycle: {preStop: {exec: {command: ["sleep", "5"]}}}',
            )


RULE = Rule("K005", "no-pause-before-stop", "advice", check)
