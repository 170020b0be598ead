"""nginx tells the app both the length and `chunked`: Werkzeug then reads nothing (F151)."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.nginx import beside, has_unseen_include, is_template, params, uwsgi_passes
from enuf.doctor.rule import Rule, Sign, at_directive

_LINE = 'uwsgi_param HTTP_TRANSFER_ENCODING "";'


def check(evidence: Evidence) -> Iterator[Sign]:
    """Every uwsgi_pass that sends parameters and does not blank this header; Django is not affected."""
    if "django" in evidence.packages and not {"flask", "werkzeug"} & evidence.packages:
        return
    for site, found in uwsgi_passes(evidence):
        held = params(found)
        if not held or "HTTP_TRANSFER_ENCODING" in held or has_unseen_include(site, found.directive.file):
            continue
        if is_template(evidence, found.directive.file):
            continue
        yield at_directive(
            found.directive,
            "uploads that a client sends in chunks reach Flask empty, with status 200: nginx also hands on "
            "Transfer-Encoding",
            hint=_LINE,
            fix=beside(evidence, found, "uwsgi_param", _LINE),
        )


RULE = Rule("N016", "chunked-request-body-lost", "warning", check)
