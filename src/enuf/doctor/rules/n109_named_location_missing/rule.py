"""`try_files` or `error_page` with a named location that the server block does not have."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.nginx import has_unseen_include, is_template
from enuf.doctor.rule import Diagnostic, Rule, at_directive


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every last argument `@name` in a server block without that location."""
    for site in evidence.sites:
        for match in site.find("try_files", "error_page"):
            directive, server = match.directive, match.around("server")
            name = directive.args[-1] if directive.args else ""
            if server is None or not name.startswith("@") or "$" in name:
                continue
            if is_template(evidence, directive.file) or has_unseen_include(site, directive.file):
                continue
            if any(each.name == "location" and each.arg() == name for each in server.below()):
                continue
            yield at_directive(
                directive,
                f"this server block has no location {name}: nginx answers 500 where it should go there",
                len(directive.args) - 1,
                hint=f"location {name} {{ … }}",
            )


RULE = Rule("N109", "named-location-missing", "warning", check)
