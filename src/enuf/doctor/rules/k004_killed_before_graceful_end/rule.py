"""A pod that is killed before its app server has finished its requests."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.app_servers import at_app_setting
from enuf.doctor.rule import Diagnostic, Rule, at_line

_DEFAULT = 30


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every written graceful timeout above the grace period of its pod, and a grace period of nearly nothing."""
    for server in evidence.app_servers:
        pod = server.pod
        if pod is None:
            continue
        grace = _DEFAULT if pod.grace is None else pod.grace
        setting = server.setting("graceful_timeout")
        graceful = server.settings.number("graceful_timeout", _DEFAULT)
        if setting and setting.certain and graceful is not None and graceful > grace:
            yield at_app_setting(
                server,
                "graceful_timeout",
                f"Kubernetes kills the pod after {grace} s, {server.program} would finish requests for {graceful} s: "
                "long requests are cut at every rollout",
                hint=f"terminationGracePeriodSeconds: {graceful + 10}",
            )
        elif pod.grace is not None and pod.grace < 5:
            yield at_line(
                pod.file,
                pod.grace_line,
                f"the pod is killed {pod.grace} s after the signal: requests that run are cut at every rollout",
                hint="terminationGracePeriodSeconds: 40",
            )


RULE = Rule("K004", "killed-before-graceful-end", "warning", check)
