"""A `proxy_pass` with a path: it replaces the location's path, and slashes get lost or doubled."""

from __future__ import annotations

import re
from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.nginx import directives_in, is_template, prefix_of
from enuf.doctor.rule import Diagnostic, Rule, at_directive, by_hand

_PATH = re.compile(r"https?://(?:unix:[^:]+:|(?!unix:)[^/$]+)(/[^$]*)?")

_ENDPOINTS = frozenset(
    ("ws", "wss", "websocket", "socket", "bosh", "http-bind", "graphql", "webhook", "hook", "rpc", "health")
)


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every prefix location and path of a pass of which one alone ends with a slash."""
    for site in evidence.sites:
        for match in site.find("proxy_pass"):
            directive = match.directive
            location = match.chain[-1] if match.chain else None
            prefix = prefix_of(location)
            found = _PATH.fullmatch(directive.arg())
            path = found[1] if found else ""
            if (
                location is None
                or not prefix
                or prefix == "/"
                or not path
                or is_template(evidence, directive.file)
            ):
                continue
            rewrites = [each for each in directives_in(location, "rewrite") if _may_match(each.arg(), prefix)]
            if prefix.endswith("/") == path.endswith("/") or rewrites:
                continue
            if "." in prefix.rpartition("/")[2]:
                continue  # a file
            if prefix.endswith("/") and path.rpartition("/")[2] in _ENDPOINTS:
                continue  # one address, with nothing below it
            result = f"{path}/x" if path.endswith("/") else f"{path}x"
            asked = f"{prefix.rstrip('/')}/x"
            base = directive.arg().removesuffix(path)
            right = (
                f"{base}{path.rstrip('/')}"
                if path.endswith("/") and path != "/"
                else f"{base}{path.rstrip('/')}/"
            )
            slash = f"location {prefix}/ {{ proxy_pass {directive.arg()}; }}"
            yield at_directive(
                directive,
                f"the path of proxy_pass replaces {prefix}: {asked} reaches the app as {result}",
                hint=slash if path.endswith("/") else f"proxy_pass {right};",
                fix=by_hand("end both with a slash, or neither"),
            )


def _may_match(pattern: str, prefix: str) -> bool:
    """Return False for the pattern of a rewrite that begins with another path than the location."""
    plain = re.match(r"\^(/[\w/-]*)", pattern)
    begin = plain[1].rstrip("/") if plain else ""
    return not begin or prefix.startswith(begin) or begin.startswith(prefix.rstrip("/"))


RULE = Rule("N081", "proxy-pass-path-joined-wrong", "warning", check)
