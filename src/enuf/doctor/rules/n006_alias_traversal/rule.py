"""A location without the slash that its alias has: `/static../` leads out of the folder (F168)."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.nginx import own, path_argument, prefix_of
from enuf.doctor.rule import Rule, Sign, at_directive, write_argument


def check(evidence: Evidence) -> Iterator[Sign]:
    """Every prefix location without a slash at its end, whose alias has one."""
    for site in evidence.sites:
        for found in site.find("location"):
            location = found.directive
            prefix = prefix_of(location)
            alias = own(location, "alias")
            if not prefix or prefix.endswith("/") or not alias or not alias[-1].arg().endswith("/"):
                continue
            number = path_argument(location)
            yield at_directive(
                location,
                f"{prefix}../ leads out of {alias[-1].arg()}: anyone can fetch the files beside that folder",
                number,
                hint=f"location {' '.join((*location.args[:number], prefix + '/'))} {{",
                fix=write_argument(location, number, f"{prefix}/"),
            )


RULE = Rule("N006", "alias-traversal", "error", check)
