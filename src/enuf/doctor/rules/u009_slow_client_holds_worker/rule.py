"""Slow clients talk to the workers themselves (F116)."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.uwsgi import is_loopback, tcp
from enuf.doctor.rule import Rule, Sign, at_option


def check(evidence: Evidence) -> Iterator[Sign]:
    """Every http-socket on an address that other machines reach."""
    for server in evidence.servers:
        for listener in server.listeners:
            address = tcp(listener)
            if listener.protocol != "http" or listener.router or address is None or is_loopback(address):
                continue
            yield at_option(
                listener.option,
                "clients reach the workers directly: one that sends its request slowly holds a worker all that time",
                severity="advice" if server.in_container else None,
                hint="put nginx in front, or use `http = ...`, whose router takes the request in first",
            )


RULE = Rule("U009", "slow-client-holds-worker", "warning", check)
