"""The code reloader in a deployment."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.app_servers import at_app_setting, has_nginx_in_front
from enuf.doctor.rule import Diagnostic, Rule


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every server that watches its source files, behind nginx or as a service."""
    for server in evidence.app_servers:
        if not server.settings.is_on("reload"):
            continue
        deployed = server.start.kind in ("unit", "supervisor") or has_nginx_in_front(evidence, server)
        mounted = server.service is not None and any(
            each.source.startswith("/") for each in server.service.volumes
        )
        yield at_app_setting(
            server,
            "reload",
            "--reload is for development: workers restart in the middle of requests whenever a file changes, "
            "and a half-written file takes the site down",
            severity="advice" if server.dev or not deployed or mounted else None,
            hint="take --reload out, and reload with `kill -HUP` of the master",
        )


RULE = Rule("G011", "reload-in-production", "warning", check)
