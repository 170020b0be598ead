"""An `error_page` for answers of the app, which nginx hands out as they are."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.nginx import hides_lines, is_template
from enuf.doctor.rule import Diagnostic, Rule, at_directive, by_hand

_OF_NGINX = frozenset(("413", "414", "494", "495", "496", "497", "502", "503", "504"))
_KINDS = ("uwsgi", "proxy")


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every error_page for codes that only the app answers with, and the reverse: intercepting without a page."""
    for site in evidence.sites:
        for match in site.find("error_page"):
            directive = match.directive
            around = match.chain[-1] if match.chain else None
            codes = [arg for arg in directive.args if arg.isdigit() and arg not in _OF_NGINX]
            if (
                around is None
                or around.name != "location"
                or not codes
                or is_template(evidence, directive.file)
            ):
                continue
            if hides_lines(site, directive.file) or around.inside("try_files") or around.inside("deny"):
                continue
            kind = next((kind for kind in _KINDS if around.inside(f"{kind}_pass")), "")
            if kind and match.value(f"{kind}_intercept_errors") != "on":
                yield at_directive(
                    directive,
                    f"the app's own page for {codes[0]} is handed out as it is: nginx replaces its own errors alone",
                    -1,
                    hint=f"{kind}_intercept_errors on;",
                    fix=by_hand(f"add `{kind}_intercept_errors on;`"),
                )
        for match in site.find("uwsgi_intercept_errors", "proxy_intercept_errors"):
            if (
                match.directive.arg() == "on"
                and not any(True for _ in site.find("error_page"))
                and site.context == "main"
            ):
                yield at_directive(
                    match.directive,
                    "there is no error_page, so there is nothing to put in the place of the app's errors",
                    -1,
                    hint="error_page 500 502 503 504 /50x.html;",
                )


RULE = Rule("N077", "error-page-not-intercepted", "advice", check)
