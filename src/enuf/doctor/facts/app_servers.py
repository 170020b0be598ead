"""What follows from an app server, its nginx and its containers: places, kinds of apps, who serves whom."""

from __future__ import annotations

import ast
import posixpath
import re
from collections.abc import Iterator

from enuf.doctor.container import ComposeService
from enuf.doctor.evidence import AppPair, Evidence, Pass, PythonFile, PythonServer
from enuf.doctor.facts.module_names import full_name
from enuf.doctor.facts.python_import import bound_names
from enuf.doctor.rule import Diagnostic, at_line
from enuf.model.address import TcpAddress, UnixAddress
from enuf.syntax.nginx_values import time_in_seconds

_WSGI = ("Flask", "APIFlask", "Bottle", "get_wsgi_application", "WsgiToAsgi", "App")
_ASGI = (
    "FastAPI",
    "Starlette",
    "Quart",
    "Litestar",
    "get_asgi_application",
    "ProtocolTypeRouter",
    "BlackSheep",
)
_FOR_WORK = re.compile(
    r"\bmanage\.py\b.*\brunserver|\bflask\b.*\brun\b|--reload\b|\bnpm run (?:dev|serve)\b|--py-autoreload|\bdebugpy\b"
    r"|[._-]dev\.sh\b"
)
_WORK_BUILD = re.compile(r"(?:^|[\s/._-])(?:dev|devel|development|local)(?:$|[\s/._-])")
_SERVED = re.compile(r"\b(?:gunicorn|uwsgi|uvicorn|hypercorn|daphne|granian|waitress|nginx|supervisord)\b")
ANY_HOSTS = ("0.0.0.0", "::")  # noqa: S104 - compared, not bound


def at_start(server: PythonServer, message: str, **rest: object) -> Diagnostic:
    """Create a diagnostic on the command that starts an app server."""
    return at_line(server.start.file, server.start.line, message, is_certain=is_certain(server), **rest)  # type: ignore[arg-type]


def is_certain(server: PythonServer) -> bool:
    """Return False for a start in a shell script, which may run in another way than its lines show."""
    return not server.start.in_script


def at_app_setting(server: PythonServer, name: str, message: str, **rest: object) -> Diagnostic:
    """Create a diagnostic on the place of a setting, or on the start if the setting is unset."""
    setting = server.setting(name)
    if setting is None:
        return at_start(server, message, **rest)
    return at_line(setting.file, setting.line, message, is_certain=is_certain(server), **rest)  # type: ignore[arg-type]


def gunicorns(evidence: Evidence) -> Iterator[PythonServer]:
    """Yield every start of gunicorn."""
    return (server for server in evidence.app_servers if server.program == "gunicorn")


def bound_pairs(evidence: Evidence) -> Iterator[AppPair]:
    """Yield the pairs whose pass has the address of the server."""
    return (pair for pair in evidence.app_pairs if pair.bind is not None)


def has_nginx_in_front(evidence: Evidence, server: PythonServer) -> bool:
    """Return True if a site passes to the server."""
    return bool(evidence.app_pairs_of(server))


def read_timeout(site_pass: Pass) -> tuple[float | None, bool]:
    """Return how many seconds nginx waits for an answer, None if that is unknown, and whether the files say so."""
    name = f"{site_pass.match.directive.name.removesuffix('_pass')}_read_timeout"
    written = site_pass.match.inherited(name)
    return (time_in_seconds(" ".join(written[-1].args)), True) if written else (60.0, False)


def app_kind(server: PythonServer) -> str:
    """Return `wsgi`, `asgi` or `aiohttp` by what the name of the app is bound to, empty if the source does not show it."""
    python_file = server.python_file
    name = server.callable.removesuffix("()")
    value = bound_names(python_file).get(name) if python_file else None
    if python_file is None or not isinstance(value, ast.Call):
        return ""
    return _kind_of_call(python_file, value)


def _kind_of_call(python_file: PythonFile, call: ast.Call) -> str:
    name = full_name(python_file, call.func)
    if name == "aiohttp.web.Application":
        return "aiohttp"
    last = name.rpartition(".")[2]
    if last in _WSGI and not name.startswith("starlette"):
        return "wsgi" if last != "WsgiToAsgi" else "asgi"
    return "asgi" if last in _ASGI else ""


def serves_asgi(server: PythonServer) -> bool | None:
    """Return whether the server calls its app as ASGI, None if that is unknown."""
    if server.program == "granian":
        interface = server.settings.text("interface")
        return {"asgi": True, "asginl": True, "wsgi": False}.get(interface)
    if server.program == "uvicorn" and server.settings.text("interface", "auto") == "wsgi":
        return False
    if server.program == "hypercorn" and server.settings.text("worker_class").startswith("wsgi"):
        return None
    if server.program == "hypercorn":
        return None  # it looks at the app and takes both
    return server.settings.is_async


def is_sync(server: PythonServer) -> bool:
    """Return True for gunicorn with sync workers, of which each answers one request at a time."""
    return server.settings.worker_class == "sync"


def service_of_site(evidence: Evidence, path: str) -> ComposeService | None:
    """Return the compose service that a site's file is mounted or copied into, None if that is not sure."""
    return evidence.service_of(path)


def service_is_dev(service: ComposeService, evidence: Evidence) -> bool:
    """Return True if the compose file is named as one for development or tests."""
    name = posixpath.basename(service.file).lower()
    below = [service.file.removeprefix(root) for root in evidence.roots]
    folders = "/".join(below).lower()
    words = ("dev", "local", "override", "debug", "test", "ci")
    named = any(f"{sign}{word}" in name for word in words for sign in "._-")
    if _is_worked_on(service, evidence):
        return True
    return named or name.startswith(words) or any(f"/{word}/" in folders for word in words)


def _is_worked_on(service: ComposeService, evidence: Evidence) -> bool:
    """Return True for a compose file whose own apps all run as for development: by their commands, or by their builds."""
    built = [each for each in evidence.services if each.file == service.file and each.node.at("build")]
    return bool(built) and not any(_is_served(each) for each in built) and any(map(_is_for_work, built))


def _is_for_work(service: ComposeService) -> bool:
    build = service.node.at("build")
    words = f"{build.word('dockerfile')} {build.word('target')}" if build else ""
    return _FOR_WORK.search(_command_of(service)) is not None or _WORK_BUILD.search(words) is not None


def _is_served(service: ComposeService) -> bool:
    return _FOR_WORK.search(_command_of(service)) is None and _SERVED.search(_command_of(service)) is not None


def _command_of(service: ComposeService) -> str:
    """Return the words of a service's command, or else those of its image."""
    nodes = [node for name in ("entrypoint", "command") if (node := service.node.at(name))]
    own = " ".join(word for node in nodes for word in (node.text, *(each.text for each in node.items)))
    return own or (f"{service.build.entrypoint[1]} {service.build.command[1]}" if service.build else "")


def held_in_container(service: ComposeService, path: str) -> bool:
    """Return True if a path of the container may be filled: by a volume, by a COPY or by the image."""
    if any(
        path == mount.target or path.startswith(mount.target.rstrip("/") + "/") for mount in service.volumes
    ):
        return True
    steps = service.build.copies if service.build else ()
    return any(
        path.rstrip("/") == step.target.rstrip("/")
        or path.startswith(step.target.rstrip("/") + "/")
        or step.target.rstrip("/").startswith(path.rstrip("/") + "/")
        for step in steps
    ) or any(mount.target.startswith(path.rstrip("/") + "/") for mount in service.volumes)


def unix_binds(server: PythonServer) -> Iterator[str]:
    """Yield the paths of the sockets that the server binds itself."""
    for bind in server.binds:
        if isinstance(bind.address, UnixAddress) and not bind.activated:
            yield bind.address.path


def tcp_binds(server: PythonServer) -> Iterator[TcpAddress]:
    """Yield the TCP addresses that the server listens on."""
    for bind in server.binds:
        if isinstance(bind.address, TcpAddress):
            yield bind.address


def is_loopback_host(host: str) -> bool:
    """Return True for a host that only the own machine or container reaches."""
    return host in ("localhost", "::1") or host.startswith("127.")
