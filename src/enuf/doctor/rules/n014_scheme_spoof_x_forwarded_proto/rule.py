"""X-Forwarded-Proto of any client reaches uWSGI, which believes it (F159)."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.nginx import beside, has_unseen_include, is_template, params, uwsgi_passes
from enuf.doctor.rule import Rule, Sign, at_directive

_LINE = "uwsgi_param HTTP_X_FORWARDED_PROTO $scheme;"


def check(evidence: Evidence) -> Iterator[Sign]:
    """Every uwsgi_pass that sends parameters, and among them none for this header."""
    for site, found in uwsgi_passes(evidence):
        held = params(found)
        if not held or "HTTP_X_FORWARDED_PROTO" in held or has_unseen_include(site, found.directive.file):
            continue
        if is_template(evidence, found.directive.file):
            continue
        trusted = bool(found.inherited("set_real_ip_from"))
        yield at_directive(
            found.directive,
            "any client can send X-Forwarded-Proto: https, and uWSGI makes Flask believe it",
            severity="advice" if trusted else None,
            hint=_LINE,
            fix=None if trusted else beside(evidence, found, "uwsgi_param", _LINE),
        )


RULE = Rule("N014", "scheme-spoof-x-forwarded-proto", "warning", check)
