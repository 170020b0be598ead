"""Static files in a folder that nginx's workers may not enter."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.host import closed_folder, is_temporary, nginx_user_of
from enuf.doctor.rule import Diagnostic, Rule, at_directive, by_hand


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report the first closed folder above each root and alias, searched from the root folder down."""
    for site in evidence.sites:
        user = nginx_user_of(evidence, site)
        for match in site.find("root", "alias"):
            path = match.directive.arg()
            if not path.startswith("/") or "$" in path:
                continue
            folder = closed_folder(evidence, f"{path.rstrip('/')}/.x", user)
            if folder and not is_temporary(folder):
                yield at_directive(
                    match.directive,
                    f"nginx's workers may not enter {folder}: every file below it is answered with 403",
                    hint=f"{match.directive.name} /srv/<app>/static/;",
                    fix=by_hand("move the files to /srv/<app>, or let nginx's user enter the folder"),
                )


RULE = Rule("S014", "static-permission-403", "warning", check)
