"""A socket path without `unix:`, which nginx takes for a host name."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.nginx import is_template
from enuf.doctor.rule import Diagnostic, Rule, at_directive, write_argument
from enuf.syntax.nginx_tree import ParsedDirective

_SCHEMES = ("http://", "https://", "uwsgi://")


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every pass, and every member of an upstream behind one, that begins with a slash."""
    seen: set[tuple[str, int, int]] = set()
    for site_pass in evidence.passes:
        directive = site_pass.named_by
        place = (directive.file, directive.line, directive.place().column)
        corrected = _corrected(directive)
        if (
            site_pass.protocol == "other"
            or not corrected
            or place in seen
            or is_template(evidence, directive.file)
        ):
            continue
        seen.add(place)
        yield at_directive(
            directive,
            f"without unix: nginx takes {directive.arg()} for a host name and does not start",
            hint=f"{directive.name} {corrected};",
            fix=write_argument(directive, 0, corrected),
        )


def _corrected(directive: ParsedDirective) -> str:
    """Return the argument as it must be written, empty if it is no bare path."""
    text = directive.arg()
    if directive.name == "proxy_pass":
        scheme = next((each for each in _SCHEMES if text.startswith(f"{each}/")), "")
        return f"{scheme}unix:{text.removeprefix(scheme)}" if scheme else ""
    return f"unix:{text}" if text.startswith("/") else ""


RULE = Rule("N012", "uwsgi-pass-no-unix-prefix", "error", check)
