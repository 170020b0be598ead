"""Workers that slow clients talk to directly (F116)."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.links import is_behind_nginx
from enuf.doctor.facts.uwsgi import is_loopback, tcp_address
from enuf.doctor.rule import Diagnostic, Rule, at_option


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every http-socket on an address that other machines reach."""
    for server in evidence.servers:
        if server.config.last("emperor") and not server.has_app:
            continue
        for listener in server.listeners:
            address = tcp_address(listener)
            if listener.protocol != "http" or listener.router or address is None or is_loopback(address):
                continue
            if is_behind_nginx(evidence, server, listener):
                continue
            yield at_option(
                listener.option,
                "clients reach the workers directly: a client that sends its request slowly occupies a worker all that time",
                severity="advice" if server.in_container else None,
                hint="put nginx in front, or use `http = ...`, whose router takes the request in first",
            )


RULE = Rule("U009", "slow-client-holds-worker", "warning", check)
