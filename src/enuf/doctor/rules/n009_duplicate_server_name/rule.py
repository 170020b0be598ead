"""Two server blocks with one name on one port: nginx keeps the first and ignores the other."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.listens import http_groups, listens, names_of
from enuf.doctor.facts.nginx import is_template, own
from enuf.doctor.rule import Rule, Sign, at_directive, by_hand
from enuf.syntax.nginx_tree import Directive


def check(evidence: Evidence) -> Iterator[Sign]:
    """Every server block whose name and port an earlier one of the same nginx has."""
    for group in http_groups(evidence):
        taken: dict[tuple[str, int, str], Directive] = {}
        for found in group:
            server = found.directive
            if is_template(evidence, server.file):
                continue
            clash = None
            for listen in listens(server):
                for name in names_of(server):
                    first = taken.setdefault((listen.host, listen.port, name), server)
                    if first is not server and clash is None:
                        clash = (first, listen.port, name)
            if clash:
                yield _sign(server, *clash)


def _sign(server: Directive, first: Directive, port: int, name: str) -> Sign:
    written = [each for each in own(server, "server_name") if name in map(str.lower, each.args)]
    told = f"the name {name}" if name else "no name"
    place = f"line {first.line}" if first.file == server.file else f"{first.file}:{first.line}"
    return at_directive(
        written[0] if written else server,
        f"the server block of {place} has {told} on port {port} too and wins: this one never answers there",
        next((number for number, arg in enumerate(written[0].args) if arg.lower() == name), 0)
        if written
        else -1,
        hint="remove one of the two, or give it another server_name",
        fix=by_hand("remove one of the two server blocks"),
    )


RULE = Rule("N009", "duplicate-server-name", "warning", check)
