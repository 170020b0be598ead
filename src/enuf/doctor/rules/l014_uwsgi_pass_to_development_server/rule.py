"""The uwsgi protocol spoken to the development server of Django or Flask, which speaks HTTP."""

from __future__ import annotations

import re
from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.nginx import is_template
from enuf.doctor.machine import Container
from enuf.doctor.rule import Diagnostic, Rule, at_directive, by_hand
from enuf.model.address import TcpAddress

_COMMAND = re.compile(r"\bmanage\.py\s+runserver(?:_plus)?\b|\bflask\s+(?:--\S+\s+)*run\b")
_PORT = re.compile(r"(?:--port[= ]|-p\s*|\d\.\d+:|\[::\]:|\s)(\d{2,5})\b")


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every uwsgi_pass to the name of a container whose command is a development server at this port."""
    for each in evidence.passes:
        directive, address = each.match.directive, each.address
        if (
            directive.name != "uwsgi_pass"
            or not isinstance(address, TcpAddress)
            or is_template(evidence, directive.file)
        ):
            continue
        for near in each.machines:
            for far in evidence.machines:
                if (
                    far.deployment == near.deployment
                    and address.host in far.names
                    and _port(far) == address.port
                ):
                    yield at_directive(
                        directive,
                        f"{far.name} runs a development server, which speaks HTTP and logs `Bad request version`: visitors get no page",
                        hint=f"proxy_pass http://{address}; with proxy_set_header Host $host;  and a server for production",
                        fix=by_hand(f"write `proxy_pass http://{address};`"),
                        evidence=(f"{far.deployment}:{far.line}: {far.name}",),
                    )


def _port(machine: Container) -> int | None:
    """Return the port of a development server, None for any other command."""
    command = " ".join(machine.command)
    found = _COMMAND.search(command)
    if found is None:
        return None
    port = _PORT.search(command, found.end())
    return int(port[1]) if port else 5000 if "flask" in found[0] else 8000


RULE = Rule("L014", "uwsgi-pass-to-development-server", "error", check)
