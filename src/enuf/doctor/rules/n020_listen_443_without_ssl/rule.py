"""Port 443, or a certificate, without `ssl` in the `listen`: nginx speaks plain HTTP there."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.nginx import directives_in
from enuf.doctor.facts.secure_listens import addresses_in_use, has_certificate
from enuf.doctor.rule import Diagnostic, Rule, at_directive, by_hand, write_argument
from enuf.syntax.nginx_tree import DirectiveMatch, ParsedDirective
from enuf.syntax.placeholders import is_filled_in_later

_HTTPS_PORT = 443


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every `listen` on port 443 that speaks plain HTTP; an error where the server has a certificate.

    Report also a certificate on another port that no `listen` shows.
    """
    for use in addresses_in_use(evidence):
        for match, listen in () if use.speaks_tls else use.servers:
            written = listen.directive
            if written is None or match.value("ssl") == "on" or any(map(is_filled_in_later, written.args)):
                continue
            if listen.port != _HTTPS_PORT:
                yield from _unused_certificate(match, written)
                continue
            if directives_in(match.directive, "return") and not has_certificate(match):
                continue  # turns every visitor away
            right = f"{written.arg()} ssl"
            yield at_directive(
                written,
                "nginx speaks plain HTTP at port 443: browsers that open https:// get an error, not the site",
                severity=None if has_certificate(match) else "warning",
                hint=f"listen {' '.join((right, *written.args[1:]))};",
                fix=write_argument(
                    written,
                    0,
                    right,
                    asks="another server in front may end TLS and speak plain HTTP to this port",
                ),
            )


def _unused_certificate(match: DirectiveMatch, written: ParsedDirective) -> Iterator[Diagnostic]:
    """Report the certificate of a server on other ports, none of whose `listen` lines speaks TLS."""
    own = directives_in(match.directive, "ssl_certificate")
    lines = directives_in(match.directive, "listen")
    if not own or written is not lines[0] or any({"ssl", "quic"} & set(each.args) for each in lines):
        return
    if any(each.arg().rpartition(":")[2] == str(_HTTPS_PORT) for each in lines):
        return
    right = "443 ssl" if written.arg().rpartition(":")[2] == "80" else f"{written.arg()} ssl"
    yield at_directive(
        own[-1],
        f"no listen of this server has ssl: nginx speaks plain HTTP at {written.arg()}, and nobody is shown the certificate",
        severity="warning",
        hint=f"listen {right};",
        fix=by_hand(f"add `listen {right};`"),
    )


RULE = Rule("N020", "listen-443-without-ssl", "error", check)
