"""An app server of a host that listens on every address, although nginx of the same host stands in front of it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from enuf.doctor.evidence import AppPair, Evidence, PythonServer
from enuf.doctor.facts.app_servers import (
    ANY_HOSTS,
    at_app_setting,
    bound_pairs,
    is_loopback_host,
    service_of_site,
)
from enuf.doctor.rule import Diagnostic, Rule
from enuf.model.address import Address, TcpAddress


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every service of the host that listens on all addresses and gets its requests over the loopback."""
    seen: set[int] = set()
    for pair in (*bound_pairs(evidence), *_missed_pairs(evidence)):
        server, address = pair.server, pair.site_pass.address
        bound = pair.bind.address if pair.bind else pair.server.binds[0].address
        if not isinstance(bound, TcpAddress) or id(server) in seen:
            continue
        on_host = server.start.kind in ("unit", "supervisor") and not _is_in_image(evidence, server)
        if not on_host or service_of_site(evidence, pair.site_pass.site.file) or server.dev:
            continue
        if bound.host in ANY_HOSTS and _is_of_this_host(address):
            seen.add(id(server))
            name = "bind" if server.program in ("gunicorn", "hypercorn") else "host"
            yield at_app_setting(
                server,
                name,
                f"port {bound.port} is open on every address of the host: who reaches it goes past nginx, its TLS and "
                "its limits, and may send any X-Forwarded header",
                hint=f"--bind 127.0.0.1:{bound.port}" if name == "bind" else "--host 127.0.0.1",
                evidence=(f"{pair.site_pass.named_by.file}:{pair.site_pass.named_by.line}",),
            )


def _missed_pairs(evidence: Evidence) -> list[AppPair]:
    """Return the pairs whose server of the host listens elsewhere than nginx connects to."""
    return [each for each in evidence.app_pairs if each.bind is None and len(each.server.binds) == 1]


def _is_of_this_host(address: Address | None) -> bool:
    if isinstance(address, TcpAddress):
        return is_loopback_host(address.host) or address.host in ANY_HOSTS
    return address is not None


def _is_in_image(evidence: Evidence, server: PythonServer) -> bool:
    """Return True for a server of a container, also if the file of its supervisor is only made for one."""
    file = evidence.file(server.start.file)
    for_image = file is not None and re.search(r"^[ \t]*nodaemon[ \t]*=[ \t]*true", file.text, re.MULTILINE)
    return server.in_container or bool(for_image) or bool(evidence.machines_with(server.start.file))


RULE = Rule("G025", "open-beside-nginx", "warning", check)
