"""The uWSGI servers that the files describe: each configuration with its start, its listeners and its app."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice

import msgspec

from enuf.doctor.evidence import (
    Build,
    Listener,
    Program,
    Server,
    SourceFile,
    Start,
)
from enuf.doctor.read.apps import AppWorld, read_targets
from enuf.syntax.text_lines import line_at
from enuf.syntax.uwsgi_argv import read_argv
from enuf.syntax.uwsgi_config import UwsgiConfig
from enuf.syntax.uwsgi_lines import Written
from enuf.syntax.uwsgi_logic import Surroundings
from enuf.syntax.uwsgi_read import read_config, read_written
from enuf.syntax.uwsgi_sockets import PROTOCOLS, address_of

_ROUTERS = frozenset(("http", "https", "https2"))


OPTIONS_IN_ALL = 60_000
LISTENERS_LIMIT = 100
"""Sockets of one uWSGI that are looked at; a real one has a few."""


class ServerWorld(msgspec.Struct, frozen=True, kw_only=True):
    """What is needed to read configurations and to find the apps behind them."""

    read: Callable[[str], str | None]
    exists: Callable[[str, str], bool | None]
    glob: Callable[[str], Sequence[str]]
    programs: Mapping[str, Program]
    packages: frozenset[str]
    containers: bool
    leave_out: Callable[[str, str], None] = lambda _path, _why: None
    """Is told which file was not read, and why."""


def read_servers(
    files: Iterable[SourceFile], starts: Iterable[Start], world: ServerWorld
) -> tuple[Server, ...]:
    """One server for each start, then one for each configuration that nothing starts or includes."""
    configs = [file for file in files if file.kind.startswith("uwsgi-")]
    paths = [file.path for file in configs]
    room = _Room(world.leave_out)
    servers = [room.less(_started(start, paths, world)) for start in starts if room.is_left_for(start.file)]
    used = {path for server in servers for path in server.config.files}
    loose = [
        room.less(_alone(file, paths, world))
        for file in configs
        if file.path not in used and room.is_left_for(file.path)
    ]
    included = {path for server in loose for path in server.config.files[1:] if path != server.config.file}
    return (*servers, *(server for server in loose if server.config.file not in included))


class _Room:
    """Bounds what many starts may make of one large configuration."""

    def __init__(self, leave_out: Callable[[str, str], None]) -> None:
        self._options = OPTIONS_IN_ALL
        self._leave_out = leave_out

    def is_left_for(self, path: str) -> bool:
        """Tell whether the server that this file describes is to be read; say so when it is not."""
        if self._options <= 0:
            self._leave_out(path, f"all configurations together come to more than {OPTIONS_IN_ALL} options")
        return self._options > 0

    def less(self, server: Server) -> Server:
        """Return the server, and count its options."""
        self._options -= len(server.config.options)
        return server


def _started(start: Start, paths: Sequence[str], world: ServerWorld) -> Server:
    directory = start.directory or posixpath.dirname(start.file)
    source = line_at(world.read(start.file) or "", start.line)
    written = read_argv(start.argv[1:], start.file, start.line, source)
    written = (*_environment_options(start), *written)
    config = read_written(written, _surroundings(directory, paths, world, start))
    return _server(msgspec.structs.replace(config, file=start.file), start, bool(start.directory), world)


def _environment_options(start: Start) -> tuple[Written, ...]:
    """The variables `UWSGI_X=v`, which uWSGI reads as `x = v`."""
    pairs = [
        (name[6:].lower().replace("_", "-"), value)
        for name, value in start.environ.items()
        if name.startswith("UWSGI_")
    ]
    words = [f"--{name}={value}" for name, value in pairs]
    return read_argv(words, start.file, start.line)


def _alone(file: SourceFile, paths: Sequence[str], world: ServerWorld) -> Server:
    directory = posixpath.dirname(file.path)
    kind = file.kind.removeprefix("uwsgi-")
    config = read_config(file.path, _surroundings(directory, paths, world, None), kind=kind)
    return _server(config, None, False, world)


def _surroundings(
    directory: str, paths: Sequence[str], world: ServerWorld, start: Start | None
) -> Surroundings:
    def locate(path: str) -> str:
        return path if world.read(path) is not None else nearest(path, paths) or path

    environ = None if start is None or start.environ_open else start.environ
    return Surroundings(
        directory=directory,
        read=world.read,
        exists=world.exists,
        glob=world.glob,
        locate=locate,
        environ=environ,
    )


def nearest(path: str, paths: Iterable[str]) -> str:
    """The one path that shares the most last parts with a path of another machine; empty when several do."""
    parts = path.split("/")[::-1]
    scored = []
    for each in paths:
        shared = 0
        for mine, other in zip(parts, each.split("/")[::-1], strict=False):
            if mine != other:
                break
            shared += 1
        scored.append((shared, each))
    best = max((score for score, _ in scored), default=0)
    winners = [each for score, each in scored if score == best and best > 0]
    return winners[0] if len(winners) == 1 else ""


def _server(config: UwsgiConfig, start: Start | None, known: bool, world: ServerWorld) -> Server:
    chdir = config.last("chdir")
    directory = config.directory
    if chdir and not chdir.open:
        directory = posixpath.normpath(posixpath.join(directory, chdir.value))
        known = known or chdir.value.startswith("/")
    return Server(
        config=config,
        start=start,
        build=_build(config, start, world.packages),
        listeners=tuple(islice(_listeners(config, directory), LISTENERS_LIMIT)),
        targets=read_targets(config, directory, AppWorld(exists=world.exists, programs=world.programs)),
        directory=directory,
        directory_known=known,
        in_container=start.in_container if start else world.containers,
    )


def _build(config: UwsgiConfig, start: Start | None, packages: frozenset[str]) -> Build:
    """Which kind of uWSGI it is, from what the files say about it."""
    plugins = " ".join(option.value for option in config.all("plugins"))
    program = start.program if start else ""
    if program.rpartition("/")[2].startswith("pyuwsgi"):
        return "pyuwsgi"
    if "python" in plugins or program.startswith(("/usr/bin/uwsgi", "/usr/sbin/uwsgi")):
        return "distribution"
    if "pyuwsgi" in packages:
        return "pyuwsgi"
    if "uwsgi" in packages:
        return "built"
    return "distribution" if any(name.startswith("uwsgi-plugin-python") for name in packages) else ""


def _listeners(config: UwsgiConfig, directory: str) -> Iterator[Listener]:
    protocol = config.value("protocol")
    for option in config.options:
        kind = PROTOCOLS.get(option.name)
        if kind is None:
            continue
        if option.name == "socket" and option.key == "socket" and protocol:
            kind = (
                "http"
                if protocol in ("http", "http11", "https")
                else "uwsgi"
                if protocol == "uwsgi"
                else "other"
            )
        yield Listener(
            option=option,
            protocol=kind,
            address=None if option.open else address_of(option.value, directory),
            router=option.name in _ROUTERS,
        )
