"""One process with one thread, so that one slow request stops the site."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.uwsgi import capacity, complete_servers
from enuf.doctor.rule import Diagnostic, Rule, at_config, at_option


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every complete server that answers one request at a time."""
    for server in complete_servers(evidence):
        if capacity(server.config) != 1 or server.config.last("cheaper"):
            continue
        message = "one process with one thread: while one request is slow, all others wait"
        hint = "processes = 4 and threads = 2, say"
        option = server.config.last("processes", "threads")
        if option:
            yield at_option(option, message, hint=hint)
        else:
            yield at_config(server.config, message, severity="advice", hint=hint)


RULE = Rule("U008", "blocking-single-worker", "warning", check)
