"""An address that speaks TLS, and a server there without a certificate."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.listens import Listen
from enuf.doctor.facts.secure_listens import AddressUse, addresses_in_use, is_secure, may_have_certificate
from enuf.doctor.rule import Diagnostic, Rule, at_directive, by_hand
from enuf.syntax.nginx_tree import DirectiveMatch

_HINT = "ssl_certificate /path/to/fullchain.pem; ssl_certificate_key /path/to/privkey.pem;"


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every server without a certificate at an address where one of the servers has `ssl`."""
    for use in addresses_in_use(evidence):
        if use.speaks_tls:
            for match, listen in use.servers:
                if not may_have_certificate(evidence, match):
                    yield _diagnostic(use, match, listen)


def _diagnostic(use: AddressUse, match: DirectiveMatch, listen: Listen) -> Diagnostic:
    written = listen.directive or match.directive
    if match is use.default:
        words = "" if is_secure(listen) else ", which speaks TLS because another server has `ssl` there,"
        what = f"the default server of port {listen.port}{words} has no ssl_certificate: nginx does not start"
    else:
        what = (
            f"port {listen.port} speaks TLS because of another server, and this one has no ssl_certificate: visitors get "
            "the certificate of the default server, and a warning"
        )
    alone = (
        match is use.default and match.chain
    )  # the file has its http block: no certificate can stand above
    return at_directive(
        written,
        what,
        severity=None if alone else "warning",
        hint=f"{_HINT} To turn strangers away: ssl_reject_handshake on;",
        fix=by_hand("name a certificate and its key, or write `ssl_reject_handshake on;`"),
    )


RULE = Rule("N021", "ssl-certificate-missing", "error", check)
