"""nginx and gunicorn speak different protocols at one address."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.app_servers import bound_pairs
from enuf.doctor.facts.nginx import is_template
from enuf.doctor.rule import Diagnostic, Rule, at_directive


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every uwsgi_pass to a server that speaks HTTP, and every proxy_pass to gunicorn's uwsgi protocol."""
    for pair in bound_pairs(evidence):
        server, directive = pair.server, pair.site_pass.match.directive
        if not server.settings.knows("protocol") or is_template(evidence, directive.file):
            continue
        speaks = server.settings.text("protocol", "http") if server.program == "gunicorn" else "http"
        if speaks in ("http", "uwsgi") and speaks != pair.site_pass.protocol:
            right = "proxy_pass http://...;" if speaks == "http" else "include uwsgi_params; uwsgi_pass ...;"
            yield at_directive(
                directive,
                f"{server.program} speaks {speaks} at this address, and {directive.name} does not: no page comes through",
                -1,
                hint=right,
                evidence=(f"{server.start.file}:{server.start.line}",),
            )


RULE = Rule("G021", "wrong-protocol", "error", check)
