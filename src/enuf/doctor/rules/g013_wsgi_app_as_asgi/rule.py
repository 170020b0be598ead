"""An ASGI app under WSGI workers, or a WSGI app under an ASGI server."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import Evidence, PythonServer
from enuf.doctor.facts.app_servers import app_kind, at_app_setting, serves_asgi
from enuf.doctor.rule import Diagnostic, Rule


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every server that calls its app in the other way than the app is written for."""
    for server in evidence.app_servers:
        kind, asgi = app_kind(server), serves_asgi(server)
        if kind == "aiohttp":
            yield from _of_aiohttp(server)
            continue
        if not kind or asgi is None or (kind == "asgi") is asgi:
            continue
        ways = ("an ASGI app", "WSGI") if kind == "asgi" else ("a WSGI app", "ASGI")
        yield at_app_setting(
            server,
            "worker_class",
            f"{server.target} is {ways[0]} and is called as {ways[1]}: every request ends with 500 and a TypeError",
            hint="-k uvicorn.workers.UvicornWorker" if kind == "asgi" else _for_wsgi(server.program),
        )


def _of_aiohttp(server: PythonServer) -> Iterator[Diagnostic]:
    """Report an app of aiohttp, which is neither WSGI nor ASGI, under any other worker than aiohttp's own."""
    if (
        server.program == "hypercorn"
        or "$" in server.settings.worker_class
        or not server.settings.knows("worker_class")
    ):
        return
    if server.program != "gunicorn" or "aiohttp" not in server.settings.worker_class:
        yield at_app_setting(
            server,
            "worker_class",
            f"{server.target} is an app of aiohttp, which speaks neither WSGI nor ASGI: every request ends with 500 and a TypeError",
            hint="-k aiohttp.GunicornWebWorker"
            if server.program == "gunicorn"
            else f"gunicorn -k aiohttp.GunicornWebWorker {server.target}",
        )


def _for_wsgi(program: str) -> str:
    return "take the ASGI worker class out" if program == "gunicorn" else "serve the app with gunicorn"


RULE = Rule("G013", "wsgi-app-as-asgi", "error", check)
