"""A `rewrite … last` that leads to its own location again: nginx gives up after ten rounds with a 500."""

from __future__ import annotations

import re
from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.location_choice import LocationChoice, location_path
from enuf.doctor.facts.location_patterns import path_pattern
from enuf.doctor.facts.nginx import directives_in, is_template
from enuf.doctor.rule import Diagnostic, Rule, at_directive, write_argument
from enuf.syntax.nginx_tree import ParsedDirective

_ROUNDS = 10
_PLAIN = ("^/(.*)$", "^/(.*)", "^(.*)$", "^(.*)", "(.*)", "/(.*)", ".*", "^", "^/", "^.*$", "^/.*$")
_SAMPLE = "x/y"


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every rewrite with `last` in a location whose result comes to the same rewrite for ever."""
    for site in evidence.sites:
        for match in site.servers():
            server = match.directive
            if is_template(evidence, server.file):
                continue
            choice = LocationChoice(server)
            for prefix, location in choice.prefixes.items() if choice.is_known else ():
                looped = _loop(choice, prefix, location)
                if looped:
                    yield at_directive(
                        looped,
                        f"the new path comes to this location and is rewritten again, until nginx answers 500 after {_ROUNDS} rounds",
                        hint=f"rewrite {looped.arg()} {looped.arg(1)} break;",
                        fix=write_argument(looped, 2, "break", safe=False),
                    )


def _loop(choice: LocationChoice, prefix: str, location: ParsedDirective) -> ParsedDirective | None:
    rules = directives_in(location, "rewrite")
    if len(rules) != 1 or rules[0].arg(2) != "last" or directives_in(location, "if", "break", "set"):
        return None
    rule = rules[0]
    pattern = re.compile(".*") if rule.arg() in _PLAIN else path_pattern(rule.arg(), ignore_case=False)
    if pattern is None or not rule.arg(1).startswith("/"):
        return None
    path = f"{prefix.rstrip('/')}/{_SAMPLE}"
    for _ in range(_ROUNDS):
        if choice.chosen(path) is not location:
            return None
        new = _rewritten(rule, pattern, path)
        if not new:
            return None
        path = new
    return rule if location_path(location) else None


def _rewritten(rule: ParsedDirective, pattern: re.Pattern[str], path: str) -> str:
    """Return the path after a rewrite, empty if it does not match or needs more than one group."""
    target = rule.arg(1).partition("?")[0]
    if rule.arg() in _PLAIN:
        rest = path.removeprefix("/") if rule.arg() in ("^/(.*)$", "^/(.*)", "/(.*)") else path
        new = target.replace("$1", rest) if "(" in rule.arg() else target
    else:
        found = pattern.search(path)
        if found is None:
            return ""
        new = target.replace("$1", (found[1] or "") if found.re.groups else "")
    new = new.replace("$uri", path).replace("$request_uri", path)
    return "" if "$" in new or len(new) > 2000 else new


RULE = Rule("N076", "rewrite-loop", "error", check)
