"""Two server blocks with one name on one port: nginx keeps the first and ignores the other."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.listens import http_groups, listens, server_block_names
from enuf.doctor.facts.nginx import directives_in, is_template
from enuf.doctor.rule import Diagnostic, Rule, at_directive, by_hand
from enuf.syntax.nginx_tree import ParsedDirective


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every server block whose name and port an earlier block of the same nginx has."""
    for group in http_groups(evidence):
        taken: dict[tuple[str, int, str], ParsedDirective] = {}
        for match in group:
            server = match.directive
            if is_template(evidence, server.file):
                continue
            clash = None
            for listen in listens(server):
                for name in server_block_names(server):
                    first = taken.setdefault((listen.host, listen.port, name), server)
                    if first is not server and clash is None and _may_meet(evidence, first.file, server.file):
                        clash = (first, listen.port, name)
            if clash:
                yield _diagnostic(server, *clash)


def _may_meet(evidence: Evidence, first: str, second: str) -> bool:
    """Return False for the files of different containers, which share an nginx.conf and its include."""
    near, far = _nginx_with(evidence, first), _nginx_with(evidence, second)
    return not near or not far or bool(near & far)


def _nginx_with(evidence: Evidence, file: str) -> set[tuple[str, str]]:
    """Return the containers that have the file among the configurations of their nginx."""
    machines = evidence.machines_with(file)
    return {
        (each.deployment, each.name)
        for each in machines
        if any(place.startswith("/etc/nginx/") for place in each.paths_of(file))
    }


def _diagnostic(server: ParsedDirective, first: ParsedDirective, port: int, name: str) -> Diagnostic:
    written = [each for each in directives_in(server, "server_name") if name in map(str.lower, each.args)]
    naming = f"the name {name}" if name else "no name"
    place = f"line {first.line}" if first.file == server.file else f"{first.file}:{first.line}"
    return at_directive(
        written[0] if written else server,
        f"the server block of {place} has {naming} on port {port} too and wins: this one never answers there",
        next((index for index, arg in enumerate(written[0].args) if arg.lower() == name), 0)
        if written
        else -1,
        hint="remove one of the two, or give it another server_name",
        fix=by_hand("remove one of the two server blocks"),
    )


RULE = Rule("N009", "duplicate-server-name", "warning", check)
