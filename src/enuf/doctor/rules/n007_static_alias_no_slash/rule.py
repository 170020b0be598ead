"""An alias without the slash that its location has: folder and file name are glued together (F169)."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.nginx import own, prefix_of
from enuf.doctor.rule import Rule, Sign, at_directive, write_argument


def check(evidence: Evidence) -> Iterator[Sign]:
    """Every prefix location with a slash at its end, whose alias has none."""
    for site in evidence.sites:
        for found in site.find("location"):
            prefix = prefix_of(found.directive)
            alias = own(found.directive, "alias")
            path = alias[-1].arg() if alias else ""
            if not prefix or not prefix.endswith("/") or not path or path.endswith("/") or "$" in path:
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
