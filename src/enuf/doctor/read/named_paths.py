"""The paths that the configurations name, for which the file system is queried."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator

from enuf.doctor.evidence import Evidence, Server, SourceFile
from enuf.doctor.read.dockerfiles import copy_words, instructions
from enuf.doctor.read.reach import is_of_this_host
from enuf.model.address import UnixAddress
from enuf.syntax.nginx_tree import NginxConfig
from enuf.syntax.unit_folders import made_folders

PATHS_LIMIT = 4000
_LENGTH_LIMIT = 4096
"""Linux opens no longer path."""
_PATH_OPTIONS = frozenset(
    ("home", "chdir", "wsgi-file", "pythonpath", "pidfile", "logto", "daemonize", "socket", "http-socket")
)
_PATH_DIRECTIVES = (
    "root",
    "alias",
    "ssl_certificate_key",
    "uwsgi_temp_path",
    "client_body_temp_path",
    "uwsgi_pass",
    "proxy_pass",
    "access_log",
    "error_log",
)


def named_paths(evidence: Evidence) -> tuple[str, ...]:
    """Return every absolute path of this machine that a configuration names, and each folder above it."""
    paths: dict[str, None] = {}
    for path in _named(evidence):
        clean = path.rstrip("/") or "/"
        if len(clean) > _LENGTH_LIMIT:
            continue
        while clean and clean not in paths and len(paths) < PATHS_LIMIT:
            paths[clean] = None
            clean = clean.rpartition("/")[0]
    return tuple(paths)


def _named(evidence: Evidence) -> Iterator[str]:
    for server in evidence.servers:
        if not server.machines:  # a path of a container is none of this machine's
            yield from _known_here(evidence, server.config.main_file, _of_server(server))
    for site in evidence.sites:
        if not evidence.machines_with(site.file):
            yield from _known_here(evidence, site.file, _of_site(site))
    for link in evidence.site_links:
        yield link.path
    for unit in evidence.units:
        yield from (path for path, _ in made_folders(unit, "RuntimeDirectory", "LogsDirectory"))
        for setting in unit.settings:
            if setting.value.startswith("/") and " " not in setting.value:
                yield posixpath.normpath(setting.value)
    yield from _of_containers(evidence)


def _of_containers(evidence: Evidence) -> Iterator[str]:
    """Yield the files of the checked folders that Dockerfiles copy and compose files mount."""
    roots = tuple(f"{root.rstrip('/')}/" for root in evidence.roots)
    contexts: dict[str, set[str]] = {}
    for service in evidence.services:
        yield from (mount.source for mount in service.volumes if mount.source.startswith(roots))
        if service.build:
            contexts.setdefault(service.build.file, set()).add(service.context)
    for file in evidence.of_kind("dockerfile"):
        for folder in contexts.get(file.path, {posixpath.dirname(file.path)}):
            for source in _copied(file):
                path = posixpath.normpath(posixpath.join(folder, source))
                if path.startswith(roots):
                    yield path


def _copied(file: SourceFile) -> Iterator[str]:
    for _, name, rest in instructions(file.text):
        if name in ("COPY", "ADD"):
            _, words = copy_words(rest)
            yield from (word.lstrip("/") for word in words[:-1] if "*" not in word)


def _known_here(evidence: Evidence, owner: str, paths: Iterable[str]) -> Iterator[str]:
    """Yield the paths that this machine may answer for: those of its own configurations, and of the checked folders."""
    if is_of_this_host(owner):
        yield from paths
        return
    folders = {root.rstrip("/") for root in (*evidence.roots, posixpath.dirname(posixpath.dirname(owner)))}
    below = tuple(f"{folder}/" for folder in folders if folder)
    yield from (path for path in paths if path.startswith(below) or path in folders)


def _of_server(server: Server) -> Iterator[str]:
    yield server.directory
    yield server.config.main_file
    yield from (f"{posixpath.dirname(each.path)}/static" for each in server.python_files)
    for listener in server.listeners:
        if isinstance(listener.address, UnixAddress):
            yield listener.address.path
    for option in server.config.options:
        if option.unresolved or len(option.value) > _LENGTH_LIMIT:
            continue
        for word in option.value.replace("=", " ").split():
            if "/" in word or option.name in _PATH_OPTIONS:
                yield posixpath.normpath(posixpath.join(server.directory, word))


def _of_site(site: NginxConfig) -> Iterator[str]:
    for match in site.find(*_PATH_DIRECTIVES):
        text = match.directive.arg()
        path = text.partition("unix:")[2] or text
        if path.startswith("/"):
            yield posixpath.normpath(path)
