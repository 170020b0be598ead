"""A stats server on TCP, which shows the cookies of running requests to all who connect (F187)."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.uwsgi import comment_in, is_loopback
from enuf.doctor.rule import Diagnostic, Rule, at_option
from enuf.model.address import TcpAddress
from enuf.syntax.uwsgi_sockets import address_of


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every stats server on TCP, open to the local users or to everybody."""
    for server in evidence.servers:
        for option in server.config.all("stats"):
            address = (
                None
                if option.unresolved or comment_in(option)
                else address_of(option.value, server.directory)
            )
            if not isinstance(address, TcpAddress):
                continue
            local = is_loopback(address)
            yield at_option(
                option,
                f"{'every user of this machine' if local else 'everybody who reaches this port'} can read the cookies and "
                "Authorization headers of running requests here: the stats server asks for no password",
                severity="advice" if server.in_container else None,  # a firewall may stand in front
                hint="stats = /run/<app>/stats.sock, in a folder that only you can enter",
            )


RULE = Rule("U044", "stats-server-leak", "warning", check)
