"""A uwsgi port, whose clients can claim any address, user or https."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.uwsgi import is_loopback, tcp_address
from enuf.doctor.rule import Diagnostic, Rule, at_option


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every uwsgi socket on TCP. On loopback only local users reach it."""
    for server in evidence.servers:
        for listener in server.listeners:
            address = tcp_address(listener)
            if listener.protocol != "uwsgi" or address is None:
                continue
            local = is_loopback(address)
            who = "every user of this machine" if local else "whoever reaches this port"
            yield at_option(
                listener.option,
                f"{who} can send REMOTE_ADDR, REMOTE_USER and HTTPS as they like: they are plain variables of the protocol",
                severity="advice" if local or server.in_container else None,
                hint="a unix socket with chown-socket = <user>:www-data and chmod-socket = 660",
            )


RULE = Rule("U043", "uwsgi-tcp-spoofed-remote-addr", "warning", check)
