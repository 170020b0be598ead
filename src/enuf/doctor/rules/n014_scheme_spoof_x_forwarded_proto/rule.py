"""An X-Forwarded-Proto header that any client can set and uWSGI believes (F159)."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.frameworks import frameworks_behind, is_flask
from enuf.doctor.facts.nginx import add_beside, has_unseen_include, is_template, params_in_force, uwsgi_passes
from enuf.doctor.rule import Diagnostic, Rule, at_directive

_LINE = "uwsgi_param HTTP_X_FORWARDED_PROTO $scheme;"


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every uwsgi_pass that sends parameters, none of which replaces this header."""
    for site, match in uwsgi_passes(evidence):
        held = params_in_force(match)
        if not held or "HTTP_X_FORWARDED_PROTO" in held or has_unseen_include(site, match.directive.file):
            continue
        if is_template(evidence, match.directive.file):
            continue
        trusted = bool(match.inherited("set_real_ip_from"))
        known = is_flask(frameworks_behind(evidence, match))
        yield at_directive(
            match.directive,
            f"any client can send X-Forwarded-Proto: https, and uWSGI makes {'Flask' if known else 'the app'} believe it",
            severity="advice" if trusted or not known else None,
            hint=_LINE,
            fix=None if trusted else add_beside(evidence, match, "uwsgi_param", _LINE),
        )


RULE = Rule("N014", "scheme-spoof-x-forwarded-proto", "warning", check)
