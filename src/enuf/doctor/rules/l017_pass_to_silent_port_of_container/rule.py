"""nginx passes to the nginx of another container, at a port on which that one does not listen."""

from __future__ import annotations

import re
from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.listens import ports_of
from enuf.doctor.facts.nginx import is_template
from enuf.doctor.machine import Container, run_together
from enuf.doctor.rule import Diagnostic, Rule, at_directive, by_hand
from enuf.model.address import TcpAddress

_IMAGE = re.compile(
    r"(?:docker\.io/)?(?:library/)?nginx(?::.*)?|(?:docker\.io/)?nginxinc/nginx-unprivileged(?::.*)?"
)
_OWN = re.compile(r"/etc/nginx(?:/(?:conf\.d|templates|nginx\.conf|sites-enabled)(?:/.*)?)?")
_WRITES = re.compile(r"/etc/nginx|\bsed\b|\bnginx\.conf|default\.conf")


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every pass to the name of such a container, if all ports of its sites are known."""
    seen: set[int] = set()
    for each in evidence.passes:
        directive, address = each.named_by, each.address
        if (
            not isinstance(address, TcpAddress)
            or id(directive) in seen
            or is_template(evidence, directive.file)
        ):
            continue
        far = [
            other
            for _, other in run_together(each.machines, evidence.machines)
            if address.host in other.names
        ]
        found = [(other, _ports(evidence, other)) for other in far]
        if not found or any(not ports or address.port in ports for _, ports in found):
            continue
        seen.add(id(directive))
        other, ports = found[0]
        shown = ", ".join(str(port) for port in sorted(ports))
        yield at_directive(
            directive,
            f"the nginx of {other.name} listens on {shown}, and nothing there on {address.port}: 502 on every URL that is passed on",
            hint=f"{address.host}:{min(ports)}",
            fix=by_hand(f"connect to {address.host}:{min(ports)}"),
            evidence=(f"{other.deployment}:{other.line}: {other.name}",),
        )


def _ports(evidence: Evidence, machine: Container) -> frozenset[int]:
    """Return the ports on which the nginx of a container listens, empty if they are not all known."""
    if not _IMAGE.fullmatch(machine.image) or (machine.command and machine.command[0] != "nginx"):
        return frozenset()
    own = [place for place in machine.places.places if _OWN.fullmatch(place.target)]
    if not own:
        build = machine.service.build if machine.service else None
        written = build is not None and any(map(_WRITES.search, build.runs))
        unprivileged = "unprivileged" in machine.image
        return frozenset() if written else frozenset((8080,) if unprivileged else (80,))
    sites = [
        site for site in evidence.sites if any(_OWN.fullmatch(path) for path in machine.paths_of(site.file))
    ]
    files = {place.source for place in own}
    if files - {site.file for site in sites} or any(is_template(evidence, site.file) for site in sites):
        return frozenset()
    ports = ports_of(sites)
    if ports is None:
        return frozenset()
    replaced = any(place.target.endswith(("default.conf", "nginx.conf")) for place in own)
    return ports if replaced else ports | {80}


RULE = Rule("L017", "pass-to-silent-port-of-container", "error", check)
