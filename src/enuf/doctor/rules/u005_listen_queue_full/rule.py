"""A short queue in front of few workers, on a unix socket (F199)."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.listen_queue import short_queue
from enuf.doctor.facts.uwsgi import complete_servers
from enuf.doctor.rule import Diagnostic, Rule
from enuf.model.address import UnixAddress


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every unix socket with a queue of 100 or less and few workers behind it."""
    for server in complete_servers(evidence):
        if any(
            isinstance(each.address, UnixAddress) and each.protocol == "uwsgi" for each in server.listeners
        ):
            yield from short_queue(server, "nginx answers 502 at once, and uWSGI logs nothing of it")


RULE = Rule("U005", "listen-queue-full", "warning", check)
