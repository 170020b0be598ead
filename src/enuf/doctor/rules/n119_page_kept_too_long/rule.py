"""`expires` of days or more for the page that names all other files: visitors do not get a new version."""

from __future__ import annotations

import re
from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.nginx import directives_in, is_template, prefix_of
from enuf.doctor.rule import Diagnostic, Rule, at_directive, by_hand
from enuf.syntax.nginx_tree import ParsedDirective

_DAYS = re.compile(r"max|(?:modified[ \t]+)?\+?(?:[1-9]\d{0,5}d|[1-9]\d{0,3}w|[1-9]\d{0,3}M|[1-9]\d{0,2}y)")
_PAGE = re.compile(r"/?(?:[\w.-]+/){0,4}index\.html?")


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report `expires` in a location that sends every unknown path to a page, unless the page has a location of its own."""
    for site in evidence.sites:
        for match in site.find("try_files"):
            location, server = match.around("location"), match.around("server")
            page = match.directive.args[-1] if match.directive.args else ""
            if location is None or server is None or prefix_of(location) is None or not _PAGE.fullmatch(page):
                continue
            expires = next(iter(directives_in(location, "expires")), None)
            if (
                expires is None
                or not _DAYS.fullmatch(" ".join(expires.args))
                or is_template(evidence, expires.file)
            ):
                continue
            if any(_is_for_page(each, page) for each in server.below() if each.name == "location"):
                continue
            yield at_directive(
                expires,
                f"browsers keep {page} for {' '.join(expires.args)} too: until then visitors see the old version, which asks for files "
                "that are gone",
                hint=f"location = {page} {{ expires -1; }}",
                fix=by_hand(f"give {page} a location of its own with `expires -1;`"),
            )


def _is_for_page(location: ParsedDirective, page: str) -> bool:
    modifier, path = location.arg(), location.args[-1]
    return (modifier == "=" and path == page) or (modifier in ("~", "~*") and "html" in path)


RULE = Rule("N119", "page-kept-too-long", "warning", check)
