"""A pass to `localhost`, which is two addresses, while uWSGI listens on one of them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.nginx import is_template
from enuf.doctor.rule import Diagnostic, Rule, at_directive, write_argument
from enuf.model.address import TcpAddress

_LOCALHOST = re.compile(r"(?<![\w.-])localhost(?=[:/]|$)")


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every pass to localhost that meets a uWSGI on an IPv4 address only."""
    ipv6 = {
        listener.address.port
        for server in evidence.servers
        for listener in server.listeners
        if isinstance(listener.address, TcpAddress) and listener.address.is_ipv6
    }
    for pair in evidence.pairs:
        address, directive = pair.site_pass.address, pair.site_pass.named_by
        if not isinstance(address, TcpAddress) or address.host != "localhost" or address.port in ipv6:
            continue
        other = pair.listener.address if pair.listener else None
        right = _LOCALHOST.sub("127.0.0.1", directive.arg(), count=1)
        if not isinstance(other, TcpAddress) or right == directive.arg():
            continue
        if other.host == "localhost" or is_template(evidence, directive.file):
            continue
        yield at_directive(
            directive,
            "nginx tries [::1] for localhost too, where this uWSGI does not listen: refused connections "
            "in the log, and now and then a request that waits for the second try",
            hint=f"{directive.name} {right};",
            fix=write_argument(directive, 0, right),
        )


RULE = Rule("L010", "localhost-ipv6-first", "warning", check)
