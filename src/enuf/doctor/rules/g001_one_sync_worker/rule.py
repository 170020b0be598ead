"""gunicorn with one worker that answers one request at a time."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import Evidence, PythonServer
from enuf.doctor.facts.app_servers import at_app_setting, gunicorns, has_nginx_in_front, is_sync
from enuf.doctor.rule import Diagnostic, Rule
from enuf.doctor.service_variables import env_files

_HINT = "--workers 3 --threads 4"


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every gunicorn with one sync worker; as advice where one was asked for or nginx is not seen."""
    for server in gunicorns(evidence):
        hidden = _may_be_set(server)
        workers = 1 if hidden else server.settings.number("workers", 1)
        if not is_sync(server) or workers != 1 or not (hidden or _is_known(server)):
            continue
        chosen = server.setting("workers") is not None or server.pod is not None or server.dev
        quiet = chosen or hidden or not has_nginx_in_front(evidence, server)
        yield at_app_setting(
            server,
            "workers",
            "gunicorn runs one sync worker: one slow request or one slow client holds up all the others"
            + (", unless a file of variables sets WEB_CONCURRENCY" if hidden else ""),
            severity="advice" if quiet else None,
            hint=_HINT,
        )


def _may_be_set(server: PythonServer) -> bool:
    """Return True if nothing but WEB_CONCURRENCY of a file that is not here can change the number of workers."""
    settings = server.settings
    if "/compose/production/" in server.start.file or any(".envs/" in each for each in _env_files(server)):
        return False  # the layout of cookiecutter-django, whose file of variables sets WEB_CONCURRENCY
    written = any(settings.get(name) for name in ("workers", "threads", "worker_class", "config"))
    return "workers" in settings.outside and settings.complete and not written


def _env_files(server: PythonServer) -> list[str]:
    return list(env_files(server.service)) if server.service else []


def _is_known(server: PythonServer) -> bool:
    return server.settings.knows("workers") and server.settings.knows("threads")


RULE = Rule("G001", "one-sync-worker", "warning", check)
