"""nginx and gunicorn speak different protocols at one address."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.container import copied_to
from enuf.doctor.evidence import AppPair, Evidence
from enuf.doctor.facts.app_servers import bound_pairs, is_certain
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
                severity="warning" if _is_replaced(evidence, pair) else None,
                is_certain=is_certain(server),
                hint=right,
                evidence=(f"{server.start.file}:{server.start.line}",),
            )


def _is_replaced(evidence: Evidence, pair: AppPair) -> bool:
    """Return True if no service has the site, and a service has another one that passes to the server."""
    if pair.server.service is None or _is_used(evidence, pair.site_pass.site.file):
        return False
    others = evidence.app_pairs_of(pair.server)
    return any(_is_used(evidence, each.site_pass.site.file) for each in others)


def _is_used(evidence: Evidence, path: str) -> bool:
    places = (service.held(path) or copied_to(path, service) for service in evidence.services)
    return any(place.startswith("/etc/nginx") for place in places)


RULE = Rule("G021", "wrong-protocol", "error", check)
