"""A location that is written as a regular expression, and that nginx reads as a plain path."""

from __future__ import annotations

import re
from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.nginx import is_template
from enuf.doctor.rule import Diagnostic, Rule, at_directive, by_hand

_REGEX = re.compile(r"\^.*|.*\$|.*\\\..*|.*\([^()]*\|[^()]*\).*|.*\.\*.*|.*\[[^\]]+\][+*].*", re.DOTALL)
"""`^/api`, `.php$`, `\\.css`, `(css|js)`, `.*`, `[0-9]+`."""

_OF_PATHS = ("", "=", "^~")


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every plain or exact location whose path holds signs of a regular expression."""
    for site in evidence.sites:
        for match in site.find("location"):
            location = match.directive
            modifier, path = (
                (location.arg(), location.arg(1)) if len(location.args) == 2 else ("", location.arg())
            )
            if modifier not in _OF_PATHS or path.startswith("@") or is_template(evidence, location.file):
                continue  # N092 reports a sign such as `*~`
            if _REGEX.fullmatch(path) and "{" not in path:
                yield at_directive(
                    location,
                    f"without ~ nginx takes {path} letter by letter: no request has such a path",
                    len(location.args) - 1,
                    hint=f"location ~ {path if path.startswith('^') else f'^{path}'} {{",
                    fix=by_hand("write ~ before the regular expression"),
                )


RULE = Rule("N095", "regex-without-tilde", "warning", check)
