"""An http-socket on every address, which puts uWSGI itself on the Internet (F117)."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.uwsgi import is_loopback, tcp_address
from enuf.doctor.rule import Diagnostic, Rule, at_option


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every http-socket that is not on loopback."""
    for server in evidence.servers:
        if server.config.last("emperor") and not server.has_app:
            continue
        for listener in server.listeners:
            address = tcp_address(listener)
            if listener.protocol != "http" or listener.router or address is None or is_loopback(address):
                continue
            yield at_option(
                listener.option,
                "this puts uWSGI itself on the network: its HTTP reader takes ambiguous and malformed requests that nginx refuses",
                severity="advice" if server.in_container else None,
                hint=f"{listener.option.key} = 127.0.0.1:{address.port}, with nginx in front",
            )


RULE = Rule("U046", "http-socket-exposed", "warning", check)
