"""An http-socket, where chunked uploads arrive empty (F154)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.links import is_behind_nginx
from enuf.doctor.facts.uwsgi import any_python_matches, is_loopback, tcp_address
from enuf.doctor.rule import Diagnostic, Rule, at_option

_DECHUNKS = re.compile(r"chunked_read|HTTP_TRANSFER_ENCODING")


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every http-socket that clients reach without nginx, unless the app reads chunks itself."""
    if any_python_matches(evidence, _DECHUNKS):
        return
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
                "chunked uploads reach the app with an empty body: an http-socket does not join the chunks",
                severity="advice" if server.in_container else None,
                hint='put nginx in front, with `uwsgi_param HTTP_TRANSFER_ENCODING "";`',
            )


RULE = Rule("U039", "chunked-request-http-socket", "warning", check)
