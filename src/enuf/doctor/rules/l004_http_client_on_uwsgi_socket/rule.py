"""A health check that speaks HTTP to a uwsgi socket."""

from __future__ import annotations

import re
from collections.abc import Iterator

from enuf.doctor.evidence import Evidence, Listener
from enuf.doctor.rule import Diagnostic, Rule, at_line
from enuf.model.address import TcpAddress

_KINDS = ("dockerfile", "compose", "script", "unit", "supervisor", "procfile")
_URL = re.compile(r"\bhttp://(?:localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1?\]):(\d{1,5})\b[^\s\"']*")


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every URL in a start-up file whose port belongs to a `socket` option and to no HTTP option."""
    uwsgi, http = _ports(evidence, "uwsgi"), _ports(evidence, "http")
    for file in evidence.of_kind(*_KINDS):
        for line_number, line in enumerate(file.text.split("\n"), 1):
            match = _URL.search(line) if not line.lstrip().startswith(("#", ";")) else None
            listener = uwsgi.get(int(match[1])) if match else None
            if match is None or listener is None or int(match[1]) in http:
                continue
            yield at_line(
                file.path,
                line_number,
                f"port {match[1]} speaks the uwsgi protocol, not HTTP: this request gets an empty reply",
                match.start() + 1,
                match.end() + 1,
                hint="ask through nginx, or add `http-socket = 127.0.0.1:8080` for checks",
                evidence=(
                    f"{listener.option.written.file}:{listener.option.written.line}: "
                    f"{listener.option.key} = {listener.option.value}",
                ),
            )


def _ports(evidence: Evidence, protocol: str) -> dict[int, Listener]:
    """Return the TCP ports of one protocol. The ports that sites listen on count as HTTP."""
    return {
        listener.address.port: listener
        for server in evidence.servers
        for listener in server.listeners
        if isinstance(listener.address, TcpAddress) and listener.protocol == protocol
    }


RULE = Rule("L004", "http-client-on-uwsgi-socket", "warning", check)
