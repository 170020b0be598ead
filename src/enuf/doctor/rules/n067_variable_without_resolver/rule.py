"""A host name in a variable of a pass, and no `resolver`: 502 for every request."""

from __future__ import annotations

import re
from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.nginx import hides_lines, is_template
from enuf.doctor.rule import Diagnostic, Rule, at_directive, by_hand
from enuf.syntax.nginx_tree import DirectiveMatch, NginxConfig, ParsedDirective

_VARIABLE = re.compile(
    r"(?:https?://|uwsgi://)?\$\{?([a-z_][a-z0-9_]*)\}?(?::\d+)?(?:[/$].*)?", re.IGNORECASE
)
_HOST = re.compile(r"(?:https?://|uwsgi://)?([A-Za-z][A-Za-z0-9.-]*)(?::\d+)?(?:/.*)?")


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every pass to a variable that holds a name which only a resolver could look up."""
    for site in evidence.sites:
        upstreams = {each.directive.arg() for each in site.find("upstream")}
        for match in site.find("proxy_pass", "uwsgi_pass", "grpc_pass", "fastcgi_pass"):
            directive = match.directive
            host = _host(match, directive.arg())
            if not host or host in upstreams or match.inherited("resolver"):
                continue
            if is_template(evidence, directive.file) or hides_lines(site, directive.file):
                continue
            yield at_directive(
                directive,
                f"a pass with a variable looks {host} up at each request, and there is no resolver to ask: 502 for every request",
                severity=None if _is_whole(site) else "warning",
                hint="resolver 127.0.0.11 valid=10s;"
                if "." not in host
                else "resolver 127.0.0.53 valid=10s;",
                fix=by_hand("add a `resolver` with the address of the name server"),
            )


def _host(match: DirectiveMatch, text: str) -> str:
    """Return the name that the variable of a pass holds, empty if it is an address or not known."""
    variable = _VARIABLE.fullmatch(text)
    if variable is None:
        return ""
    values = {each.arg(1) for each in _assignments(match, f"${variable[1]}")}
    host = _HOST.fullmatch(values.pop()) if len(values) == 1 else None
    return host[1] if host else ""


def _assignments(match: DirectiveMatch, name: str) -> Iterator[ParsedDirective]:
    for level in (match.top, *(block.block or () for block in match.chain)):
        for each in match.levels.named(level, "set"):
            if each.arg() == name:
                yield each


def _is_whole(site: NginxConfig) -> bool:
    """Return True if the site holds the `http` block, so that no resolver stands elsewhere."""
    return site.context == "main"


RULE = Rule("N067", "variable-without-resolver", "error", check)
