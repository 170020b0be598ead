"""Static files in a folder that nginx's workers may not enter."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.host import closed_folder, is_scratch, nginx_user_of
from enuf.doctor.rule import Rule, Sign, at_directive, by_hand


def check(evidence: Evidence) -> Iterator[Sign]:
    """Every root and alias, walked from the root folder down."""
    for site in evidence.sites:
        user = nginx_user_of(evidence, site)
        for found in site.find("root", "alias"):
            path = found.directive.arg()
            if not path.startswith("/") or "$" in path:
                continue
            folder = closed_folder(evidence, f"{path.rstrip('/')}/.x", user)
            if folder and not is_scratch(folder):
                yield at_directive(
                    found.directive,
                    f"nginx's workers may not enter {folder}: every file below it is answered with 403",
                    hint=f"{found.directive.name} /srv/<app>/static/;",
                    fix=by_hand("move the files to /srv/<app>, or let nginx's user enter the folder"),
                )


RULE = Rule("S014", "static-permission-403", "warning", check)
