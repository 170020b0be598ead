"""Port 443, or a certificate, without `ssl` in the `listen`: nginx speaks plain HTTP there."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.nginx import directives_in
from enuf.doctor.facts.secure_listens import addresses_in_use, has_certificate
from enuf.doctor.rule import Diagnostic, Rule, at_directive, write_argument

_HTTPS_PORT = 443


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every `listen` on port 443 that speaks plain HTTP; an error where the server has a certificate."""
    for use in addresses_in_use(evidence):
        for match, listen in () if use.speaks_tls else use.servers:
            written = listen.directive
            if listen.port != _HTTPS_PORT or written is None or match.value("ssl") == "on":
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


RULE = Rule("N020", "listen-443-without-ssl", "error", check)
