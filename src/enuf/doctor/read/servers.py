"""The uWSGI servers that the files describe: each configuration with its start, listeners and apps."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice

import msgspec

from enuf.doctor.evidence import (
    Build,
    Listener,
    PythonFile,
    Server,
    SourceFile,
    StartCommand,
)
from enuf.doctor.machine import Container
from enuf.doctor.read.apps import AppSources, read_targets
from enuf.doctor.read.reach import Reach
from enuf.doctor.read.vassals import emperor_of, vassal_options
from enuf.syntax.text_lines import line_at
from enuf.syntax.uwsgi_argv import read_argv
from enuf.syntax.uwsgi_config import UwsgiConfig
from enuf.syntax.uwsgi_lines import WrittenOption
from enuf.syntax.uwsgi_logic import HostContext
from enuf.syntax.uwsgi_read import read_config, read_written
from enuf.syntax.uwsgi_sockets import PROTOCOLS, address_of

_OF_PACKAGES = ("/usr/bin/uwsgi", "/usr/sbin/uwsgi")
_ROUTERS = frozenset(("http", "https", "https2"))


OPTIONS_IN_ALL = 60_000
LISTENERS_LIMIT = 100
"""Sockets of one uWSGI that are read. A real configuration has a few."""


class ServerSources(msgspec.Struct, frozen=True, kw_only=True):
    """The inputs for reading configurations and finding the apps behind them."""

    reach: Reach
    python_files: Mapping[str, PythonFile]
    packages: frozenset[str]
    containers: bool
    leave_out: Callable[[str, str], None] = lambda _path, _why: None
    """Called with the path of a file that was not read, and the reason."""


def read_servers(
    files: Iterable[SourceFile], starts: Iterable[StartCommand], sources: ServerSources
) -> tuple[Server, ...]:
    """Return one server per start, then one per configuration that nothing starts or includes."""
    configs = [file for file in files if file.kind.startswith("uwsgi-")]
    paths = [file.path for file in configs]
    budget = _OptionBudget(sources.leave_out)
    servers = [
        budget.spend(_server_of_start(start, paths, sources)) for start in starts if budget.allows(start.file)
    ]
    used = {path for server in servers for path in server.config.files}
    unstarted = [
        budget.spend(_server_without_start(file, paths, sources))
        for file in configs
        if file.path not in used and budget.allows(file.path)
    ]
    included = {
        path for server in unstarted for path in server.config.files[1:] if path != server.config.file
    }
    unstarted = [server for server in unstarted if server.config.file not in included]
    kinds = {file.path: file for file in configs}
    emperors = [server for server in (*servers, *unstarted) if server.config.last("emperor")]
    vassals = [
        _server_without_start(kinds[server.config.file], paths, sources, emperor)
        if (emperor := emperor_of(server.config.file, emperors))
        else server
        for server in unstarted
    ]
    return (*servers, *vassals)


class _OptionBudget:
    """A budget of options, against many starts of one large configuration."""

    def __init__(self, leave_out: Callable[[str, str], None]) -> None:
        self._options = OPTIONS_IN_ALL
        self._leave_out = leave_out

    def allows(self, path: str) -> bool:
        """Return whether the server of this file is to be read, and record the file if it is not."""
        if self._options <= 0:
            self._leave_out(path, f"all configurations together come to more than {OPTIONS_IN_ALL} options")
        return self._options > 0

    def spend(self, server: Server) -> Server:
        """Take the options of a server from the budget and return the server."""
        self._options -= len(server.config.options)
        return server


def _server_of_start(start: StartCommand, paths: Sequence[str], sources: ServerSources) -> Server:
    directory = start.directory or posixpath.dirname(start.file)
    source = line_at(sources.reach.texts.get(start.file) or "", start.line)
    written = read_argv(start.argv[1:], start.file, start.line, source)
    written = (*_environment_options(start), *written)
    view = _View(start.file, start.machines, sources)
    config = read_written(written, _host_context(directory, paths, view, start))
    return _server(msgspec.structs.replace(config, file=start.file), start, bool(start.directory), view)


def _environment_options(start: StartCommand) -> tuple[WrittenOption, ...]:
    """Return the variables `UWSGI_X=v`, which uWSGI reads as `x = v`."""
    pairs = [
        (name[6:].lower().replace("_", "-"), value)
        for name, value in start.environ.items()
        if name.startswith("UWSGI_")
    ]
    words = [f"--{name}={value}" for name, value in pairs]
    return read_argv(words, start.file, start.line)


def _server_without_start(
    file: SourceFile, paths: Sequence[str], sources: ServerSources, emperor: Server | None = None
) -> Server:
    directory = posixpath.dirname(file.path)
    kind = file.kind.removeprefix("uwsgi-")
    view = _View(file.path, sources.reach.machines_with(file.path), sources)
    config = read_config(
        file.path,
        _host_context(directory, paths, view, None),
        kind=kind,
        before=vassal_options(emperor) if emperor else (),
    )
    return msgspec.structs.replace(_server(config, None, False, view), emperor=emperor)


class _View(msgspec.Struct, frozen=True):
    """The files from the point of view of one configuration."""

    owner: str
    machines: tuple[Container, ...]
    sources: ServerSources

    def located(self, path: str) -> str:
        return self.sources.reach.located(path, self.machines)


def _host_context(
    directory: str, paths: Sequence[str], view: _View, start: StartCommand | None
) -> HostContext:
    reach = view.sources.reach
    read = reach.reader(view.owner, view.machines)

    def locate(path: str) -> str:
        return view.located(path) if read(path) is not None else nearest(path, paths) or path

    environ = None if start is None or start.environ_incomplete else start.environ
    return HostContext(
        directory=directory,
        read=read,
        exists=reach.exists(view.owner, view.machines),
        glob=reach.globber(view.owner, view.machines),
        locate=locate,
        environ=environ,
        variables=_sure_variables(start),
    )


def _sure_variables(start: StartCommand | None) -> dict[str, str]:
    """Return the variables that a compose file gives to the one container of a start, as far as they are written out."""
    machines = start.machines if start else ()
    if len(machines) != 1:
        return {}
    return {name: value for name, value in machines[0].environ.items() if "$" not in value}


def nearest(path: str, paths: Iterable[str]) -> str:
    """Return the one path that shares the most last parts with a path of another machine.

    Return an empty text if several paths share as many.
    """
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


def _server(config: UwsgiConfig, start: StartCommand | None, known: bool, view: _View) -> Server:
    sources = view.sources
    chdir = config.last("chdir")
    directory = config.working_folder(config.directory)
    if chdir and not chdir.unresolved:
        known = known or chdir.value.startswith("/")
    return Server(
        config=config,
        start=start,
        build=_build(config, start, sources.packages),
        listeners=tuple(islice(_listeners(config, directory), LISTENERS_LIMIT)),
        targets=read_targets(
            config,
            directory,
            AppSources(
                exists=sources.reach.exists(view.owner, view.machines),
                python_files=sources.python_files,
                located=view.located,
            ),
        ),
        directory=directory,
        directory_known=known,
        in_container=bool(view.machines) or _may_run_in_container(start, sources),
        machines=view.machines,
    )


def _may_run_in_container(start: StartCommand | None, sources: ServerSources) -> bool:
    """Return True for a start in a container, and for one of unknown place in a project that has containers."""
    if start is None or start.kind in ("script", "supervisor"):
        return sources.containers
    return start.in_container


def _build(config: UwsgiConfig, start: StartCommand | None, packages: frozenset[str]) -> Build:
    """Return the kind of uWSGI that the files speak of, empty if they do not show it."""
    plugins = " ".join(option.value for option in config.all("plugins"))
    executable = start.executable if start else ""
    if executable.rpartition("/")[2].startswith("pyuwsgi"):
        return "pyuwsgi"
    if "python" in plugins or (executable.startswith(_OF_PACKAGES) and not _is_from_pip(start)):
        return "distribution"
    if "pyuwsgi" in packages:
        return "pyuwsgi"
    if "uwsgi" in packages:
        return "built"
    return "distribution" if any(name.startswith("uwsgi-plugin-python") for name in packages) else ""


def _is_from_pip(start: StartCommand | None) -> bool:
    """Return True if pip may have put uWSGI into /usr/bin: of CentOS and Alpine, and no package of uWSGI is installed."""
    return start is not None and any(
        any(each.startswith("pip") for each in machine.installers)
        and not any(name.startswith("uwsgi-") for name in machine.packages)
        for machine in start.machines
    )


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
            address=None if option.unresolved else address_of(option.value, directory),
            router=option.name in _ROUTERS,
        )
