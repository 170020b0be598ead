"""An X-Forwarded-Proto header that any client can set and uWSGI believes (F159)."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.frameworks import frameworks_behind, is_flask_alone, is_left_to_another_server
from enuf.doctor.facts.nginx import add_beside, has_unseen_include, is_template, params_in_force, uwsgi_passes
from enuf.doctor.rule import Diagnostic, Rule, at_directive
from enuf.syntax.nginx_tree import DirectiveMatch

_LINE = "uwsgi_param HTTP_X_FORWARDED_PROTO $scheme;"
_ASKS = "where TLS ends in front of nginx, the app would take every request for http"


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every uwsgi_pass that sends parameters, none of which replaces this header."""
    for site, match in uwsgi_passes(evidence):
        held = params_in_force(match)
        if not held or "HTTP_X_FORWARDED_PROTO" in held or has_unseen_include(site, match.directive.file):
            continue
        if is_template(evidence, match.directive.file):
            continue
        asks = "" if _ends_tls(match) else _ASKS
        trusted = bool(match.inherited("set_real_ip_from"))
        if is_left_to_another_server(evidence, match):
            continue
        known = is_flask_alone(frameworks_behind(evidence, match))
        yield at_directive(
            match.directive,
            f"any client can send X-Forwarded-Proto: https, and uWSGI makes {'Flask' if known else 'the app'} believe it",
            severity="advice" if trusted or not known else None,
            hint=_LINE,
            fix=None if trusted else add_beside(evidence, match, "uwsgi_param", _LINE, asks=asks),
        )


def _ends_tls(match: DirectiveMatch) -> bool:
    """Return True if every address of the server speaks TLS, so that nginx itself knows the scheme."""
    server = match.around("server")
    listens = server.inside("listen") if server else ()
    return bool(listens) and all("ssl" in listen.args or "quic" in listen.args for listen in listens)


RULE = Rule("N014", "scheme-spoof-x-forwarded-proto", "warning", check)
