"""`$server_name` where the visitor's name is meant: it is the first name of the server block, whatever it says."""

from __future__ import annotations

import re
from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.nginx import hides_lines, is_template
from enuf.doctor.rule import Diagnostic, Rule, at_directive, write_argument
from enuf.syntax.nginx_tree import DirectiveMatch, ParsedDirective

_REDIRECTS = ("return", "rewrite", "add_header")
_HOST_LINES = ("proxy_set_header", "uwsgi_param", "fastcgi_param")
_VARIABLE = re.compile(r"\$(?:server_name\b|\{server_name\})")
_HOST_NAMES = ("host", "http_host", "x-forwarded-host", "http_x_forwarded_host")


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every redirect and Host with $server_name in a server whose first name is no host name."""
    for site in evidence.sites:
        for match in site.find(*_REDIRECTS, *_HOST_LINES):
            directive = match.directive
            server = match.around("server")
            index = next((at for at, arg in enumerate(directive.args) if _VARIABLE.search(arg)), None)
            if index is None or server is None or is_template(evidence, directive.file):
                continue
            if not _is_used(directive) or hides_lines(site, server.file):
                continue
            name = _first_name(match)
            is_left_out = name == "" and "forwarded" in directive.arg().lower()  # nginx sends no empty header
            if name is not None and not is_left_out:
                yield _diagnostic(directive, index, name)


def _is_used(directive: ParsedDirective) -> bool:
    """Return True if the variable becomes an address: a redirect, or the Host of the app."""
    if directive.name in _HOST_LINES:
        return directive.arg().lower() in _HOST_NAMES
    if directive.name == "add_header":
        return directive.arg().lower() == "location"
    return any("://$server_name" in arg or "://${server_name}" in arg for arg in directive.args)


def _first_name(match: DirectiveMatch) -> str | None:
    """Return the first name of the server if it is no host name, None if it is one or unknown."""
    server = match.around("server")
    names = [name for each in (server.inside("server_name") if server else ()) for name in each.args]
    first = names[0] if names else ""
    if "$" in first and not first.startswith("~"):
        return None
    wrong = first in ("", "_", '""', "localhost.localdomain") or first.startswith(("~", "*"))
    return first if wrong or first.endswith(".*") else None


def _diagnostic(directive: ParsedDirective, index: int, name: str) -> Diagnostic:
    arg = directive.args[index]
    right = _VARIABLE.sub("$host", arg)
    shown = _VARIABLE.sub(lambda _: name, arg).partition("$request_uri")[0]
    named, value = name or '""', shown or '""'
    is_host = directive.name in _HOST_LINES
    return at_directive(
        directive,
        f"$server_name is {named}: the app takes {value} for the host that the visitor asked"
        if is_host
        else f"$server_name is {named}: visitors are sent to {value}",
        index,
        hint=f"{directive.name} {' '.join((*directive.args[:index], right, *directive.args[index + 1 :]))};",
        fix=write_argument(directive, index, right),
        severity="warning" if is_host else None,
    )


RULE = Rule("N069", "server-name-in-redirect", "error", check)
