"""A header that a location sends to the app twice, most often because `proxy_params` has sent it already."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.frameworks import frameworks_behind
from enuf.doctor.facts.nginx import is_template
from enuf.doctor.rule import Diagnostic, Rule, at_directive, by_hand
from enuf.syntax.nginx_tree import ParsedDirective


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report the second line of a header in each block: an error for the Host of Django, which takes one name."""
    for site in evidence.sites:
        for match in site.find("http", "server", "location", "if"):
            found = _second(match.directive)
            if found and not is_template(evidence, found[0].file):
                again, first = found
                is_host = again.arg().lower() == "host"
                yield at_directive(
                    again,
                    f"{again.arg()} is sent twice, here and by {first}: "
                    + (
                        "gunicorn answers 400, and Django takes `name,name` for the host"
                        if is_host
                        else "the app reads both values, joined by a comma"
                    ),
                    severity="error" if is_host and "django" in frameworks_behind(evidence, match) else None,
                    hint=f"keep one of the two: {again.arg()}",
                    fix=by_hand("remove the line, or the include"),
                )


def _second(block: ParsedDirective) -> tuple[ParsedDirective, str] | None:
    """Return the line that sends a header again, Host before others, and where that header stands first."""
    seen: dict[str, str] = {}
    again: list[tuple[ParsedDirective, str]] = []
    for each in block.block or ():
        if each.name != "proxy_set_header" or not each.arg(1):
            continue  # an empty value sends no header
        name = each.arg().lower()
        if name in seen:
            again.append((each, seen[name]))
        place = each.file.rpartition("/")[2]
        seen.setdefault(name, place if place == "proxy_params" else f"{place}:{each.line}")
    return min(again, key=lambda found: found[0].arg().lower() != "host", default=None)


RULE = Rule("N122", "header-sent-twice", "warning", check)
