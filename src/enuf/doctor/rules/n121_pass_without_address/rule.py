"""A pass to an address without a socket, a host or a port."""

from __future__ import annotations

import re
from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.nginx import is_template
from enuf.doctor.rule import Diagnostic, Rule, at_directive, by_hand

_PASSES = ("proxy_pass", "uwsgi_pass", "grpc_pass", "fastcgi_pass", "server")
_SCHEME = re.compile(r"(?:https?|grpcs?|uwsgi)://")
_NO_SOCKET = re.compile(r"unix:(?::.*)?")
_A_FOLDER = re.compile(r"unix:/(?:[\w./-]*/)?(?::.*)?")
_NO_HOST = re.compile(r"(?::\d*)?(?:/.*)?")
_NO_MACHINE = re.compile(r"0\.0\.0\.[1-9]\d{0,2}(?=[:/]|$)")
_NO_PORT = re.compile(r"[\w.-]+:(?:/.*)?")


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every pass, and every member of an upstream, that names no place to connect to."""
    for site in evidence.sites:
        for match in site.find(*_PASSES):
            directive = match.directive
            is_member = directive.name == "server"
            if is_template(evidence, directive.file) or (
                is_member and not any(block.name == "upstream" for block in match.chain)
            ):
                continue
            problem = _problem(directive.arg()) if directive.args and directive.block is None else ""
            if is_member and _NO_MACHINE.match(directive.arg()):
                continue  # a member that stands for those that a controller sets later
            if problem:
                yield at_directive(
                    directive,
                    f"{directive.arg()}: {problem}",
                    hint=f"{directive.name} {'http://' if directive.name == 'proxy_pass' else ''}127.0.0.1:8000;",
                    fix=by_hand("write the address that the app listens on"),
                )


def _problem(text: str) -> str:
    """Return what is missing in the address of a pass, and what nginx does then; empty for a complete one."""
    place = _SCHEME.sub("", text, count=1)
    if _NO_SOCKET.fullmatch(place):
        return "no socket is named, and nginx does not start"
    if _A_FOLDER.fullmatch(place):
        return "this is a folder and no socket, and every request gets 502"
    if _NO_HOST.fullmatch(place) and not text.startswith("/"):
        return "no host is named, and nginx does not start"
    if _NO_MACHINE.match(place):
        return "this is the address of no machine, and every request gets 502"
    if _NO_PORT.fullmatch(place) and "unix" not in place:
        return "no port stands behind the colon, and nginx does not start"
    return ""


RULE = Rule("N121", "pass-without-address", "error", check)
