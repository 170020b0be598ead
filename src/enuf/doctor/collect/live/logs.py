"""The ends of the logs of the stack: nginx's error log, and the app server's own."""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Iterable, Iterator, Sequence

from enuf.doctor.collect.live.context import Collection
from enuf.doctor.collect.live.elsewhere import is_file_of, tail_of
from enuf.doctor.collect.live.front import error_logs_built_in
from enuf.doctor.evidence import Evidence, Server
from enuf.doctor.live.evidence import APP_SERVERS, Backend, LiveFront, LiveProcess, LogRole, LogText
from enuf.doctor.live.route import Route
from enuf.inspect.service_states import words_of_start
from enuf.model.address import UnixAddress
from enuf.syntax.nginx_tree import DirectiveMatch, NginxConfig
from enuf.system.subprocesses import answer_of

TAIL_BYTES, MOST_LOGS = 256 * 1024, 8
LINES_KEPT = 4000
ERROR_LOG = "/var/log/nginx/error.log"
"""Of the usual packages and images, for an nginx that is not asked."""
_JOURNAL_LINES, _JOURNAL_WITHIN_S = 400, 0.6
_LOG_OPTIONS = ("logto2", "logto", "daemonize2", "daemonize", "logger", "req-logger")
_OF_SERVER = re.compile(
    r"(?:.*(?:uwsgi|gunicorn|uvicorn|server|app|wsgi|web|emperor).*)\.(?:log|err|out)", re.IGNORECASE
)
_LOG_FOLDERS = ("log", "logs", "var/log")
_NOT_OF_SERVER = re.compile(r".*(?:access|nginx).*", re.IGNORECASE)


def front_logs(
    front: LiveFront, site: NginxConfig | None, route: Route, collection: Collection
) -> list[LogText]:
    """Return the ends of the error logs in which nginx tells about the request."""
    if not front.is_nginx or front.main is None:
        return []
    paths = list(_error_logs(front, site, route, collection))[:MOST_LOGS]
    looked_at = collection.within(paths, "nginx's error logs")
    return [_read(path, "front", front.main, collection) for path in looked_at]


def stopped_front_logs(front: LiveFront, static: Evidence, collection: Collection) -> list[LogText]:
    """Return the ends of the error logs of an nginx that does not run: those that its files name, else the usual one."""
    if front.main is not None or front.listeners:
        return []
    named = [
        posixpath.normpath(posixpath.join(posixpath.dirname(site.file), path))
        for site in static.sites
        for path in _configured(site, Route())
    ]
    usual = () if front.others else (ERROR_LOG,)
    paths = [path for path in dict.fromkeys((*named, *usual)) if is_file_of(None, path)][:MOST_LOGS]
    looked_at = collection.within(paths, "nginx's error logs")
    return [_read(path, "front", None, collection) for path in looked_at]


def _error_logs(
    front: LiveFront, site: NginxConfig | None, route: Route, collection: Collection
) -> Iterator[str]:
    main = front.main
    if main is None:
        return
    seen: set[str] = set()
    for written in [*_configured(site, route), *(each for each in main.logs if "error" in each)]:
        path = posixpath.normpath(posixpath.join(front.prefix or "/", written))
        if path not in seen:
            seen.add(path)
            yield path
    if not seen and (path := error_logs_built_in(main, collection) or (ERROR_LOG if main.root else "")):
        yield posixpath.join(front.prefix or "/", path)


def _configured(site: NginxConfig | None, route: Route) -> list[str]:
    """Return the files of the error_log lines that hold for the request; those of the whole file where it is unknown."""
    if site is None:
        return []
    match: DirectiveMatch | None = route.location or route.server
    lines = (
        match.inherited("error_log") if match else tuple(each.directive for each in site.find("error_log"))
    )
    return [
        each.arg()
        for each in lines
        if each.arg() and not each.arg().startswith(("stderr", "syslog:", "memory:"))
    ]


def server_logs(
    backends: Sequence[Backend], static: Evidence, front: LiveFront, collection: Collection
) -> list[LogText]:
    """Return the ends of the logs of the app servers at the backends, running or only configured."""
    held = [each for backend in backends for each in backend.holders if each.program in APP_SERVERS]
    named: list[tuple[str, LiveProcess | None]] = [
        (path, process) for process in held for path in process.logs
    ]
    first = held[0] if held else None
    named += [(path, first) for path in _configured_logs(backends, static, is_running=bool(held))]
    found = _read_each(named, collection)
    units = [each.unit for each in held] or _configured_units(backends, static)
    for unit in dict.fromkeys(filter(None, units)):
        if not found and (journal := _journal(unit, collection)):
            found[journal.path] = journal
    if not any(log.lines for log in found.values()):
        found.update(_read_each([(path, first) for path in _beside(backends, front, static)], collection))
    return list(found.values())


def _configured_units(backends: Sequence[Backend], static: Evidence) -> list[str]:
    """Return the units that start the servers at the backends, as the files say."""
    addresses = [backend.address for backend in backends]
    starts = [
        server.start
        for server in static.servers
        if any(each.address in addresses for each in server.listeners)
    ]
    starts += [
        server.start
        for server in static.app_servers
        if any(each.address in addresses for each in server.binds)
    ]
    return [posixpath.basename(start.unit.file) for start in starts if start and start.unit]


def _read_each(named: Iterable[tuple[str, LiveProcess | None]], collection: Collection) -> dict[str, LogText]:
    found: dict[str, LogText] = {}
    for path, process in collection.within(named, "the logs of the app servers"):
        if path not in found and len(found) < MOST_LOGS and is_file_of(process, path):
            found[path] = _read(path, "server", process, collection)
    return found


def _configured_logs(backends: Sequence[Backend], static: Evidence, *, is_running: bool) -> Iterator[str]:
    """Yield the logs that the configurations name: of the servers at the backends, or of all where none runs."""
    addresses = [backend.address for backend in backends]
    for server in static.servers:
        is_at = any(listener.address in addresses for listener in server.listeners)
        if is_at or not is_running:
            yield from _named_by(server)


def _named_by(server: Server) -> Iterator[str]:
    for name in _LOG_OPTIONS:
        for option in server.config.all(name):
            value = option.value.strip()
            if option.unresolved or value in ("/dev/stdout", "/dev/stderr"):
                continue
            value = value.partition(":")[2].partition(",")[0] if value.startswith("file:") else value
            if value and ":" not in value:
                yield posixpath.normpath(posixpath.join(server.directory or "/", value))


def _beside(backends: Iterable[Backend], front: LiveFront, static: Evidence) -> Iterator[str]:
    """Yield files beside the socket, the configuration and nginx that are called like a log of a server."""
    folders = [
        posixpath.dirname(each.address.path) for each in backends if isinstance(each.address, UnixAddress)
    ]
    folders += [folder for server in static.servers for folder in _folders_of(server)]
    if front.prefix and front.configuration:
        own = posixpath.dirname(front.configuration)
        folders += [front.prefix, own, posixpath.join(posixpath.dirname(own), "log")]
    for folder in dict.fromkeys(folders):
        if folder in ("", "/", "/tmp", "/run", "/etc/nginx"):  # noqa: S108
            continue
        for inside in (folder, *(f"{folder}/{name}" for name in _LOG_FOLDERS)):
            for name in _names(inside):
                if _OF_SERVER.fullmatch(name) and not _NOT_OF_SERVER.fullmatch(name):
                    yield f"{inside}/{name}"


def _folders_of(server: Server) -> Iterator[str]:
    """Yield the folders of a server's configuration, of its sockets and of its pid file."""
    yield posixpath.dirname(server.config.main_file)
    for listener in server.listeners:
        if isinstance(listener.address, UnixAddress):
            yield posixpath.dirname(listener.address.path)
    pid_file = server.config.last("pidfile")
    if pid_file is not None and not pid_file.unresolved:
        yield posixpath.dirname(posixpath.join(server.directory or "/", pid_file.value.strip()))


def _names(folder: str) -> list[str]:
    try:
        with os.scandir(folder) as entries:
            return sorted(entry.name for _, entry in zip(range(500), entries, strict=False))
    except OSError:
        return []


def _read(path: str, role: LogRole, process: LiveProcess | None, collection: Collection) -> LogText:
    try:
        data, status = tail_of(process, path, TAIL_BYTES)
    except OSError as error:
        if isinstance(error, PermissionError):
            collection.hinder_by_rights(f"the log {path}")
        return LogText(path=path, role=role, problem=error.strerror or str(error))
    start = max(0, status.st_size - TAIL_BYTES)
    lines = data.decode("utf-8", "replace").split("\n")
    if start:
        lines = lines[1:]
    kept = tuple(line.removesuffix("\r") for line in lines if line)[-LINES_KEPT:]
    is_whole = not start and len(kept) < LINES_KEPT
    return LogText(
        path=path, role=role, lines=kept, size=status.st_size, modified_at=status.st_mtime, is_whole=is_whole
    )


def _journal(unit: str, collection: Collection) -> LogText | None:
    """Return what a unit wrote to systemd's journal since its last start, as far as this user may read it."""
    within_s = collection.left_s(_JOURNAL_WITHIN_S, f"the journal of {unit}")
    if not within_s:
        return None
    words = ["systemctl", "show", "--property=InvocationID", "--value", "--", unit]
    try:
        invocation = answer_of(words, within_s=within_s).stdout.strip()
        asked = ["journalctl", "--quiet", "--no-pager", "--output=cat", f"--lines={_JOURNAL_LINES}"]
        done = answer_of([*asked, *(words_of_start(invocation) or ("-u", unit))], within_s=within_s)
    except OSError:
        return None
    lines = tuple(line for line in done.stdout.split("\n") if line)
    return LogText(
        path=f"journalctl -u {unit}", role="server", lines=lines, is_whole=len(lines) < _JOURNAL_LINES
    )
