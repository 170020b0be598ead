"""`large_client_header_buffers` below what browsers send."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.nginx import is_template
from enuf.doctor.rule import Diagnostic, Rule, at_directive, write_argument
from enuf.syntax.nginx_values import size_in_bytes

_LEAST = 4096
"""Half of the default. Cookies of a login and of statistics together reach 2 to 3 kB."""


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every buffer for long lines of a request that is smaller than 4 kB."""
    for site in evidence.sites:
        for match in site.find("large_client_header_buffers"):
            directive = match.directive
            size = size_in_bytes(directive.arg(1)) if len(directive.args) > 1 else None
            if size is None or size >= _LEAST or is_template(evidence, directive.file):
                continue
            yield at_directive(
                directive,
                f"a URL longer than {directive.arg(1)} is answered with 414, and cookies or a token longer than that with 400",
                1,
                hint="large_client_header_buffers 4 8k;   the default: the line can also go",
                fix=write_argument(directive, 1, "8k"),
            )


RULE = Rule("N116", "header-buffers-too-small", "warning", check)
