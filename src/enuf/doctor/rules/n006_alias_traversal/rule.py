"""A location without the trailing slash of its alias: `/static../` leads out of the folder (F168)."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.nginx import directives_in, path_argument, prefix_of
from enuf.doctor.rule import Diagnostic, Rule, at_directive, write_argument


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every prefix location without a trailing slash whose alias has one."""
    for site in evidence.sites:
        for match in site.find("location"):
            location = match.directive
            prefix = prefix_of(location)
            alias = directives_in(location, "alias")
            if not prefix or prefix.endswith("/") or not alias or not alias[-1].arg().endswith("/"):
                continue
            if directives_in(location, "internal"):
                continue  # nginx answers 404 to every visitor who asks for such a path
            index = path_argument(location)
            yield at_directive(
                location,
                f"{prefix}../ leads out of {alias[-1].arg()}: anyone can fetch the files beside that folder",
                index,
                hint=f"location {' '.join((*location.args[:index], prefix + '/'))} {{",
                fix=write_argument(location, index, f"{prefix}/"),
            )


RULE = Rule("N006", "alias-traversal", "error", check)
