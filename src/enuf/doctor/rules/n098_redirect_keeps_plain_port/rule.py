"""A redirect to https:// that keeps the port of plain HTTP."""

from __future__ import annotations

import re
from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.listens import listens
from enuf.doctor.facts.nginx import is_template
from enuf.doctor.facts.secure_listens import is_secure
from enuf.doctor.rule import Diagnostic, Rule, at_directive, by_hand

_KEEPS_PORT = re.compile(
    r"https://[^/$]*(?:\$\{?(?:host|server_name|http_host)\}?)?:\$\{?server_port\}?.*", re.DOTALL
)


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every redirect to https:// with $server_port in a server that speaks plain HTTP alone."""
    for site in evidence.sites:
        for match in site.find("return", "rewrite"):
            server, directive = match.around("server"), match.directive
            if server is None or is_template(evidence, directive.file):
                continue
            held = listens(server)
            if not held or any(is_secure(each) for each in held):
                continue
            index = next((at for at, arg in enumerate(directive.args) if _KEEPS_PORT.fullmatch(arg)), None)
            if index is not None:
                yield at_directive(
                    directive,
                    f"the browser is sent to https:// at port {held[0].port}, where nginx speaks plain HTTP: no page is shown",
                    index,
                    hint=directive.arg(index).replace(":$server_port", "").replace(":${server_port}", ""),
                    fix=by_hand("leave $server_port out"),
                )


RULE = Rule("N098", "redirect-keeps-plain-port", "error", check)
