"""gunicorn with one worker that answers one request at a time."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import AppServer, Evidence
from enuf.doctor.facts.app_servers import at_app_setting, gunicorns, has_nginx_in_front, is_sync
from enuf.doctor.rule import Diagnostic, Rule

_HINT = "--workers 3 --threads 4"


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every gunicorn with one sync worker; as advice where one was asked for or nginx is not seen."""
    for server in gunicorns(evidence):
        if not is_sync(server) or server.settings.number("workers", 1) != 1 or not _is_known(server):
            continue
        chosen = server.setting("workers") is not None or server.pod is not None or server.dev
        quiet = chosen or not has_nginx_in_front(evidence, server)
        yield at_app_setting(
            server,
            "workers",
            "gunicorn runs one sync worker: one slow request or one slow client holds up all the others",
            severity="advice" if quiet else None,
            hint=_HINT,
        )


def _is_known(server: AppServer) -> bool:
    return server.settings.knows("workers") and server.settings.knows("threads")


RULE = Rule("G001", "one-sync-worker", "warning", check)
