"""A short queue in front of few workers, on a TCP socket (F199)."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.listen_queue import short_queue
from enuf.doctor.facts.uwsgi import complete_servers, tcp_address
from enuf.doctor.rule import Diagnostic, Rule


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every uwsgi socket on TCP with a queue of 100 or less and few workers behind it."""
    for server in complete_servers(evidence):
        if any(tcp_address(each) and each.protocol == "uwsgi" for each in server.listeners):
            yield from short_queue(server, "connections hang until nginx gives up with 504")


RULE = Rule("U006", "listen-queue-full-tcp", "warning", check)
