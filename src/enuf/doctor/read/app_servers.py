"""The app servers that the files describe: each start with its settings, addresses and app."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator, Mapping, Sequence

import msgspec

from enuf.doctor.app_settings import AppBind, AppProgram, AppSetting, AppSettings
from enuf.doctor.evidence import PythonFile, PythonServer, StartCommand
from enuf.doctor.machine import Container
from enuf.doctor.read.app_conf import read_app_conf
from enuf.doctor.read.app_starts import AppStart
from enuf.doctor.read.app_words import PROGRAMS, AppWords, read_app_words
from enuf.model.address import TcpAddress, UnixAddress
from enuf.model.numbers import decimal
from enuf.syntax.unit import UnitFile

_ENVIRONMENT = {
    "gunicorn": {"WEB_CONCURRENCY": "workers", "FORWARDED_ALLOW_IPS": "forwarded_allow_ips"},
    "uvicorn": {
        "WEB_CONCURRENCY": "workers",
        "FORWARDED_ALLOW_IPS": "forwarded_allow_ips",
        "UVICORN_WORKERS": "workers",
        "UVICORN_FORWARDED_ALLOW_IPS": "forwarded_allow_ips",
        "UVICORN_HOST": "host",
        "UVICORN_PORT": "port",
        "UVICORN_UDS": "uds",
        "UVICORN_RELOAD": "reload",
    },
    "granian": {
        "GRANIAN_WORKERS": "workers",
        "GRANIAN_HOST": "host",
        "GRANIAN_PORT": "port",
        "GRANIAN_UDS": "uds",
        "GRANIAN_INTERFACE": "interface",
        "GRANIAN_RELOAD": "reload",
    },
}
_ENVIRONMENT_SETS: Mapping[AppProgram, frozenset[str]] = {
    "gunicorn": frozenset(("workers", "forwarded_allow_ips", "bind"))
}
"""What gunicorn takes from WEB_CONCURRENCY, FORWARDED_ALLOW_IPS and PORT. Uvicorn has a variable for each setting."""
_PORTS: Mapping[str, int] = {
    "gunicorn": 8000,
    "uvicorn": 8000,
    "hypercorn": 8000,
    "daphne": 8000,
    "granian": 8000,
}
_DEV = re.compile(r"(^|[/._-])(dev|devel|development|local|override|debug|test|testing|tests|ci)([/._-]|$)")


class AppServerSources(msgspec.Struct, frozen=True, kw_only=True):
    """The inputs for reading settings and finding the apps."""

    read: Callable[[str], str | None]
    python_files: Mapping[str, PythonFile]
    units: Sequence[UnitFile]
    roots: Sequence[str]
    machines: Sequence[Container]

    def source(self, start: AppStart, path: str) -> str:
        """Return the checked file at a path of the start's container, empty if that is not known."""
        for machine in self.machines:
            if _runs(machine, start) and (found := machine.source(posixpath.normpath(path))):
                return found
        return ""


def _runs(machine: Container, start: AppStart) -> bool:
    if start.service:
        return machine.service is start.service
    return start.build is not None and machine.dockerfile == start.build.file


def read_app_servers(starts: Sequence[AppStart], sources: AppServerSources) -> tuple[PythonServer, ...]:
    """Return one app server per start."""
    return tuple(_server(start, sources) for start in starts)


def _server(start: AppStart, sources: AppServerSources) -> PythonServer:
    command = start.command
    name = command.executable.rpartition("/")[2]
    program: AppProgram = PROGRAMS.get(name, "gunicorn")
    words = read_app_words(command, program)
    settings, complete = _merged(start, program, words, sources)
    values = AppSettings(
        program=program,
        values=settings,
        complete=complete,
        outside=_outside(command, program),
        unknown_flags=words.unknown_flags,
    )
    target = values.text("wsgi_app") if not words.target else words.target
    module, _, called = target.partition(":")
    directory = posixpath.normpath(posixpath.join(command.directory or "/", values.text("chdir")))
    return PythonServer(
        settings=values,
        start=command,
        binds=tuple(_binds(values, command, sources.units)),
        module="" if module == "?" else module,
        callable=called or ("application" if program == "gunicorn" else "app"),
        python_file=_python_file(module, directory, start, sources),
        directory=directory,
        service=start.service,
        pod=start.pod,
        container=start.container,
        beside_nginx=start.beside_nginx,
        dev=_is_dev(start, sources.roots),
    )


def _is_dev(start: AppStart, roots: Sequence[str]) -> bool:
    """Return True if a name between the named folder and the file speaks of development or tests."""
    named = (start.service.file, start.command.file) if start.service else (start.command.file,)
    for path in named:
        for root in roots:
            below = path.removeprefix(root.rstrip("/"))
            if below != path and _DEV.search(below.lower()):
                return True
    return False


def _merged(
    start: AppStart, program: AppProgram, words: AppWords, sources: AppServerSources
) -> tuple[dict[str, AppSetting], bool]:
    command = start.command
    settings = dict(_from_environment(command, program))
    complete = words.complete and (program in _ENVIRONMENT_SETS or not _hides_variables(command))
    if program == "gunicorn":
        arguments = command.environ.get("GUNICORN_CMD_ARGS", "")
        more = read_app_words(
            msgspec.structs.replace(command, argv=("gunicorn", *arguments.split())), program
        )
        named = words.settings.get("config") or more.settings.get("config")
        from_file, whole = _from_file(start, named, sources)
        settings.update(from_file)
        settings.update(more.settings)
        complete = complete and whole and more.complete
    settings.update(words.settings)
    return settings, complete


def _outside(command: StartCommand, program: AppProgram) -> frozenset[str]:
    """Return the settings that variables may hold which no file shows."""
    return _ENVIRONMENT_SETS.get(program, frozenset()) if _hides_variables(command) else frozenset()


def _hides_variables(command: StartCommand) -> bool:
    """Return True if variables that no file shows are likely; a container has few variables of its own."""
    return command.environ_incomplete and command.kind not in ("docker", "script", "supervisor")


def _from_environment(command: StartCommand, program: AppProgram) -> Iterator[tuple[str, AppSetting]]:
    for variable, name in _ENVIRONMENT.get(program, {}).items():
        if variable in command.environ:
            value = command.environ[variable]
            known = "$" not in value
            yield (
                name,
                AppSetting(
                    name=name,
                    value=value if known else None,
                    certain=known,
                    file=command.file,
                    line=command.line,
                ),
            )
    if command.kind == "procfile" and program in _ENVIRONMENT:
        yield (
            "workers",
            AppSetting(name="workers", value=None, certain=False, file=command.file, line=command.line),
        )


def _from_file(
    start: AppStart, named: AppSetting | None, sources: AppServerSources
) -> tuple[dict[str, AppSetting], bool]:
    """Return the settings of the configuration file, and whether they are all."""
    text = (named.text if named else "./gunicorn.conf.py").removeprefix("file:")
    if text.startswith("python:"):
        text = text.removeprefix("python:").replace(".", "/") + ".py"
    if named is not None and named.value is None:
        return {}, False
    path = _located(text, start, sources)
    if path is None or (named is None and start.command.unit and not _is_beside_code(path, sources)):
        stray = any(each.endswith("/gunicorn.conf.py") for each in sources.python_files)
        return {}, named is None and not stray
    text_of = sources.read(path) or ""
    python_file = sources.python_files.get(path) or PythonFile(path=path, text=text_of)
    return read_app_conf(python_file, start.command.environ)


def _is_beside_code(path: str, sources: AppServerSources) -> bool:
    """Return False for a folder that holds no other Python file: no app is started there, and the file is copied elsewhere."""
    folder = f"{posixpath.dirname(path)}/"
    return any(each.startswith(folder) and each != path for each in sources.python_files)


def _located(text: str, start: AppStart, sources: AppServerSources) -> str | None:
    """Return the path among the files of a file that the server opens, None if it is not there or not sure."""
    direct = posixpath.normpath(posixpath.join(start.command.directory or "/", text))
    if sources.read(direct) is not None and not start.command.in_container:
        return direct
    folder = _context(start)
    tail = posixpath.normpath(text).lstrip("/")
    build = start.build
    held = sources.source(start, direct)
    if held and sources.read(held) is not None:
        return held
    if build:
        relative = direct.removeprefix(build.directory.rstrip("/") + "/")
        if sources.read(f"{folder}/{relative}") is not None:
            return f"{folder}/{relative}"
    name = tail.rpartition("/")[2]
    fitting = [
        path
        for path in sources.python_files
        if path.endswith(f"/{name}") and path.startswith(folder.rstrip("/") + "/")
    ]
    if not fitting and start.command.unit:  # the unit lies in a folder of its own beside the project
        below = posixpath.relpath(direct, start.command.directory or "/")
        tail = tail if below.startswith("..") else below
        fitting = [path for path in sources.python_files if path.endswith(f"/{tail}")]
    return fitting[0] if len(fitting) == 1 else None


def _context(start: AppStart) -> str:
    if start.service and start.service.context:
        return start.service.context
    return posixpath.dirname(start.build.file if start.build else start.command.file)


def _binds(settings: AppSettings, start: StartCommand, units: Sequence[UnitFile]) -> Iterator[AppBind]:
    activated = tuple(_activated(start, units))
    if activated and settings.program == "gunicorn":
        yield from activated
        return
    if settings.program in ("gunicorn", "hypercorn"):
        yield from _bind_settings(settings, start)
        return
    endpoint = settings.get("bind_endpoint")
    if endpoint:  # Twisted's own words, such as ssl:8000:privateKey=...
        yield AppBind(address=None, text=endpoint.text, setting=endpoint)
        return
    uds = settings.get("uds")
    if uds:
        path = uds.text.removeprefix("unix:")
        yield AppBind(address=UnixAddress(path) if path.startswith("/") else None, text=uds.text, setting=uds)
    elif settings.get("fd"):
        yield from activated
    else:
        host, port = settings.get("host"), settings.get("port")
        number = settings.number("port", _PORTS[settings.program])
        known = host is None or (host.value is not None and host.certain)
        text = f"{host.text if host else '127.0.0.1'}:{port.text if port else _PORTS[settings.program]}"
        address = (
            TcpAddress(host.text if host else "127.0.0.1", number) if known and number is not None else None
        )
        yield AppBind(address=address, text=text, setting=host or port)


def _bind_settings(settings: AppSettings, start: StartCommand) -> Iterator[AppBind]:
    setting = settings.get("bind")
    if setting is None:
        port = start.environ.get("PORT", "") if settings.program == "gunicorn" else ""
        number = decimal(port, 5)
        if number is not None:
            address = TcpAddress("0.0.0.0", number) if settings.complete else None  # noqa: S104
            yield AppBind(address=address, text=f"0.0.0.0:{number}", setting=None)
        elif start.kind != "procfile" and not port:
            address = TcpAddress("127.0.0.1", 8000) if settings.knows("bind") else None
            yield AppBind(address=address, text="127.0.0.1:8000", setting=None)
        return
    texts = setting.value if isinstance(setting.value, list) else [setting.value]
    for each in texts:
        for text in str(each or "").split(","):
            yield AppBind(
                address=_address(text.strip(), start.directory) if each else None,
                text=text.strip(),
                setting=setting,
            )


def _address(text: str, directory: str) -> TcpAddress | UnixAddress | None:
    if text.startswith("unix:"):
        path = (
            "/" + text.removeprefix("unix:").lstrip("/")
            if text.startswith(("unix:/", "unix://"))
            else text[5:]
        )
        return UnixAddress(posixpath.normpath(posixpath.join(directory, path)))
    if text.startswith("fd://") or not text or "$" in text:
        return None
    host, _, port = text.rpartition(":") if ":" in text and not text.endswith("]") else (text, "", "8000")
    number = decimal(port, 5)
    return TcpAddress(host.strip("[]") or "0.0.0.0", number) if number is not None else None  # noqa: S104


def _activated(start: StartCommand, units: Sequence[UnitFile]) -> Iterator[AppBind]:
    """Yield the sockets that systemd opens for the unit of a start."""
    if start.unit is None:
        return
    stem = start.unit.name.removesuffix(".service")
    opened: set[str] = set()
    for unit in units:
        serves = unit.value("Service", "Socket") or unit.name.replace(".socket", ".service")
        if unit.name.endswith(".socket") and serves == f"{stem}.service":
            for each in unit.all("ListenStream", "Socket"):
                if each.value in opened:
                    continue  # a copy of the unit elsewhere in the repository
                opened.add(each.value)
                setting = AppSetting(
                    name="bind", value=each.value, certain=True, file=unit.file, line=each.line
                )
                text = (
                    f"unix:{each.value}"
                    if each.value.startswith("/")
                    else each.value
                    if ":" in each.value
                    else f"0.0.0.0:{each.value}"
                )
                yield AppBind(address=_address(text, "/"), text=each.value, setting=setting, activated=True)


def _python_file(
    module: str, directory: str, start: AppStart, sources: AppServerSources
) -> PythonFile | None:
    """Return the source of a module: in the folder of the server, else the only fitting one of the build."""
    if not re.fullmatch(r"[\w.]+", module):
        return None
    tails = [module.replace(".", "/") + ".py", module.replace(".", "/") + "/__init__.py"]
    for tail in tails:
        path = posixpath.normpath(f"{directory}/{tail}")
        python_file = sources.python_files.get(sources.source(start, path) or path)
        if python_file:
            return python_file
    folder = _context(start).rstrip("/")
    if start.build:
        inside = directory.removeprefix(start.build.directory.rstrip("/")).strip("/")
        for tail in tails:
            python_file = sources.python_files.get(posixpath.normpath(f"{folder}/{inside}/{tail}"))
            if python_file:
                return python_file
    fitting = [path for path in sources.python_files for tail in tails if path.endswith("/" + tail)]
    below = [path for path in fitting if path.startswith(folder + "/")] or fitting
    return sources.python_files[below[0]] if len(below) == 1 else None
