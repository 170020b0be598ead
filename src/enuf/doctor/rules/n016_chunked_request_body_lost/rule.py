"""A request described with both a length and `chunked`, whose body Werkzeug then does not read (F151)."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.frameworks import frameworks_behind, is_flask_alone, is_left_to_another_server
from enuf.doctor.facts.nginx import add_beside, has_unseen_include, is_template, params_in_force, uwsgi_passes
from enuf.doctor.rule import Diagnostic, Rule, at_directive

_LINE = 'uwsgi_param HTTP_TRANSFER_ENCODING "";'


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every uwsgi_pass that sends parameters and does not blank this header.

    Django is not affected.
    """
    for site, match in uwsgi_passes(evidence):
        held = params_in_force(match)
        if not held or "HTTP_TRANSFER_ENCODING" in held or has_unseen_include(site, match.directive.file):
            continue
        if is_template(evidence, match.directive.file):
            continue
        frameworks = frameworks_behind(evidence, match)
        if frameworks == {"django"} or is_left_to_another_server(evidence, match):
            continue
        known = is_flask_alone(frameworks)
        yield at_directive(
            match.directive,
            f"uploads that a client sends in chunks reach {'Flask' if known else 'a Flask app'} empty, with status "
            "200: nginx also hands on Transfer-Encoding",
            severity=None if known else "advice",
            hint=_LINE,
            fix=add_beside(evidence, match, "uwsgi_param", _LINE),
        )


RULE = Rule("N016", "chunked-request-body-lost", "warning", check)
