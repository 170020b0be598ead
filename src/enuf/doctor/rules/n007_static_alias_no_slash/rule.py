"""An alias without the trailing slash of its location: folder and file name run together (F169)."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.nginx import directives_in, prefix_of
from enuf.doctor.rule import Diagnostic, Rule, at_directive, write_argument
from enuf.syntax.placeholders import is_filled_in_later


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every prefix location with a trailing slash whose alias has none."""
    for site in evidence.sites:
        for match in site.find("location"):
            prefix = prefix_of(match.directive)
            alias = directives_in(match.directive, "alias")
            path = alias[-1].arg() if alias else ""
            if (
                not prefix
                or not prefix.endswith("/")
                or not path.startswith("/")
                or path.endswith("/")
                or "$" in path
                or is_filled_in_later(path)
            ):
                continue
            if evidence.fact(path).kind == "file":
                continue
            yield at_directive(
                alias[-1],
                f"{prefix}a.css is looked up as {path}a.css, since the alias lacks the slash at its end: 404",
                hint=f"alias {path}/;",
                fix=write_argument(alias[-1], 0, f"{path}/"),
            )


RULE = Rule("N007", "static-alias-no-slash", "error", check)
