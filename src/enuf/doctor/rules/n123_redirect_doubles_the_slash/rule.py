"""A slash before `$request_uri`, which begins with one itself."""

from __future__ import annotations

import re
from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.rule import Diagnostic, Rule, at_directive, write_argument

_DOUBLED = re.compile(r"https?://[^/\s]+/\$(?:request_)?uri\b.*")


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every redirect and pass whose path begins with two slashes."""
    for site in evidence.sites:
        for match in site.find("return", "rewrite", "proxy_pass"):
            directive = match.directive
            index = next((n for n, text in enumerate(directive.args) if _DOUBLED.fullmatch(text)), None)
            plain = directive.name == "proxy_pass" and "$request_uri" not in directive.arg()
            if index is None or plain or (directive.name == "rewrite" and index == 0):
                continue
            right = re.sub(r"/\$", "$", directive.arg(index), count=1)
            words = list(directive.args)
            words[index] = right
            yield at_directive(
                directive,
                "the variable begins with a slash itself: the address gets two of them, and the app answers 404",
                index,
                hint=f"{directive.name} {' '.join(words)};",
                fix=write_argument(directive, index, right),
            )


RULE = Rule("N123", "redirect-doubles-the-slash", "warning", check)
