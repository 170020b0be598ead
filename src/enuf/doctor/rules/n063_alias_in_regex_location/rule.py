"""An `alias` without captures in a regex location: every path leads to the folder itself."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.nginx import directives_in, is_template
from enuf.doctor.rule import Diagnostic, Rule, at_directive, by_hand


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every regex location whose alias names a folder and uses no part of the path."""
    for site in evidence.sites:
        for match in site.find("location"):
            location = match.directive
            alias = directives_in(location, "alias")
            path = alias[-1].arg() if alias else ""
            if location.arg() not in ("~", "~*") or not path.endswith("/") or "$" in path:
                continue
            if is_template(evidence, location.file) or directives_in(location, "rewrite", "try_files"):
                continue
            if location.arg(1).endswith(("/$", "/?$")):
                continue  # the folder itself is asked for, and no file in it
            plain = location.arg(1).removeprefix("^").rstrip("/")
            simple = plain.replace("/", "").replace("-", "").replace("_", "").isalnum()
            yield at_directive(
                alias[-1],
                f"in a location with a regular expression alias replaces the whole path: every request asks for {path} "
                "itself, and no file is found",
                hint=f"location {plain}/ {{ alias {path}; }}"
                if simple
                else f"alias {path}$1;  with a group in the pattern",
                fix=by_hand("use a prefix location, or put the captured part into the alias"),
            )


RULE = Rule("N063", "alias-in-regex-location", "error", check)
