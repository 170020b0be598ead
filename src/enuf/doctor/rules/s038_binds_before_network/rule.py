"""A unit that binds an address of the machine before the network is up: it fails at boot and works by hand."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.uwsgi import is_loopback, tcp_address
from enuf.doctor.rule import Diagnostic, Rule, at_unit

_ANY = ("", "0.0.0.0", "::", "*")  # noqa: S104 - compared, not bound


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every unit whose uWSGI binds one address of the network and that does not wait for it."""
    for server in evidence.servers:
        start = server.start
        unit = start.unit if start else None
        if unit is None or "network-online.target" in unit.value("After", "Unit"):
            continue
        for listener in server.listeners:
            address = tcp_address(listener)
            if (
                address is None
                or address.host in _ANY
                or is_loopback(address)
                or not address.host[:1].isdigit()
            ):
                continue
            yield at_unit(
                unit,
                f"at boot the address {address.host} is not there yet: uWSGI cannot bind it, and ends",
                "Unit",
                hint="Wants=network-online.target  and  After=network-online.target",
            )


RULE = Rule("S038", "binds-before-network", "warning", check)
