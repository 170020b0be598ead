"""A folder for uploads or large answers that nginx's workers may not write to."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.host import WRITE, closed_folder, may_access, nginx_user_of
from enuf.doctor.rule import Diagnostic, Rule, at_directive, by_hand

_DIRECTIVES = ("client_body_temp_path", "uwsgi_temp_path", "proxy_temp_path")


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every configured temporary folder, or folder above it, that is closed to nginx's workers."""
    for site in evidence.sites:
        user = nginx_user_of(evidence, site)
        for match in site.find(*_DIRECTIVES):
            path = match.directive.arg().rstrip("/")
            if not path.startswith("/") or "$" in path:
                continue
            folder = closed_folder(evidence, path, user)
            if not folder and user and may_access(evidence.fact(path), user, "", WRITE) is False:
                folder = path
            if folder:
                what = (
                    "uploads over 16 kB get 500"
                    if "body" in match.directive.name
                    else "large answers are cut off"
                )
                yield at_directive(
                    match.directive,
                    f"nginx's workers may not use {folder}: {what}",
                    hint=f"{match.directive.name} /var/lib/nginx/body;",
                    fix=by_hand(f"chown {path} to nginx's user, or leave the directive out"),
                )


RULE = Rule("S015", "upload-temp-dir-denied", "warning", check)
