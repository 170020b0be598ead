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
                "daemonize answers `all well` before the app is loaded: a start that failed looks like one that worked",
                hint="drop it and let a service manager watch uWSGI, or use daemonize2, which waits for the app",
            )


RULE = Rule("U037", "daemonize-hides-failure", "warning", check)
