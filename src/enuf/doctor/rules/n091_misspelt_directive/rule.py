"""Names of directives that no nginx knows, because they are misspelt."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from functools import lru_cache

from crossplane.analyzer import DIRECTIVES

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.nginx import TABLES, is_template
from enuf.doctor.rule import Diagnostic, Rule, at_directive, by_hand
from enuf.syntax.nginx_tree import NginxConfig, ParsedDirective

_TABLES = (*TABLES, "geoip2")
_NEWER = ("http2", "http3", "quic_", "subs_filter", "geoip2", "acme_", "otel_", "js_")
"""Beginnings of directives of newer versions and of other modules that resemble a directive of nginx."""
_LONG_ENOUGH = 5
_CLOSE = 0.8
_LETTERS = re.compile(r"[A-Za-z][A-Za-z0-9_-]*:?")


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every directive that differs from one of nginx's in a letter or two, or in capitals and hyphens."""
    for site in evidence.sites:
        torn = {problem.file for problem in site.problems if problem.kind in ("syntax", "unterminated")}
        for directive in _directives(site):
            right = _right(directive.name)
            if not right or directive.file in torn or is_template(evidence, directive.file):
                continue
            yield at_directive(
                directive,
                f"nginx knows no directive {directive.name} and does not start; did you mean {right}?",
                -1,
                hint=right,
                fix=by_hand(f"write `{right}`"),
            )


def _directives(site: NginxConfig) -> Iterator[ParsedDirective]:
    stack = list(site.directives)
    while stack:
        directive = stack.pop()
        if directive.name not in _TABLES and "lua" not in directive.name:
            stack += directive.block or ()
        yield directive


@lru_cache(1000)
def _right(name: str) -> str:
    """Return the directive that was meant, empty if the name is known or may be another module's."""
    if name in DIRECTIVES or name.startswith(_NEWER) or not _LETTERS.fullmatch(name):
        return ""
    spelled = name.lower().replace("-", "_").rstrip(":")
    if spelled in DIRECTIVES:
        return spelled
    if len(spelled) < _LONG_ENOUGH:
        return ""
    close = difflib.get_close_matches(spelled, DIRECTIVES, n=1, cutoff=_CLOSE)
    return close[0] if close and _letters_apart(spelled, close[0]) <= min(2, len(spelled) // 5) else ""


def _letters_apart(one: str, other: str) -> int:
    steps = difflib.SequenceMatcher(None, one, other, autojunk=False).get_opcodes()
    return sum(max(b - a, d - c) for kind, a, b, c, d in steps if kind != "equal")


RULE = Rule("N091", "misspelt-directive", "error", check)
