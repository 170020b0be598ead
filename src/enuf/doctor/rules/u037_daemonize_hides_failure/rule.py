"""A daemonize that reports success before the app is loaded."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.rule import Diagnostic, Rule, at_option


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every daemonize."""
    for server in evidence.servers:
        option = server.config.last("daemonize")
        if option:
            yield at_option(
                option,
                "daemonize reports success before the app is loaded: a failed start looks like a good one",
                hint="remove it and let a service manager run uWSGI, or use daemonize2, which waits for the app",
            )


RULE = Rule("U037", "daemonize-hides-failure", "warning", check)
