"""A `uwsgi_pass` to a bare word that no upstream block defines: nginx wants a port and does not start."""

from __future__ import annotations

import re
from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.nginx import hides_lines, is_template
from enuf.doctor.rule import Diagnostic, Rule, at_directive

_UPSTREAM = re.compile(r"\bupstream[ \t]+([\w.-]+)")
"""Read in the text: a line before it that lacks its semicolon hides the block."""
_WORD = re.compile(r"[A-Za-z][\w.-]*")


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every such pass, as long as no file of the project defines an upstream of the name."""
    defined = {name for file in evidence.of_kind("nginx") for name in _UPSTREAM.findall(file.text)}
    for site in evidence.sites:
        for match in site.find("uwsgi_pass"):
            directive = match.directive
            name = directive.arg()
            if (
                not _WORD.fullmatch(name)
                or name in defined
                or is_template(evidence, directive.file)
                or hides_lines(site, directive.file)
            ):
                continue
            yield at_directive(
                directive,
                f"no upstream is called {name}, and an address needs a port: nginx does not start (no port in upstream)",
                hint=f"upstream {name} {{ server 127.0.0.1:8000; }}   before the server block",
            )


RULE = Rule("N114", "upstream-defined-nowhere", "warning", check)
