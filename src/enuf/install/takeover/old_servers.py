"""The app servers of a project that enuf did not start: those that run, and those that units and files describe."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterator, Sequence
from pathlib import Path

from msgspec.structs import replace

from enuf.discover.existing import gunicorn_settings, served_by_gunicorn
from enuf.discover.managed_starts import ManagedStart
from enuf.discover.project_units import SYSTEM_FOLDERS, UnitStart, units_of_project
from enuf.discover.running_servers import RunningServer
from enuf.discover.server_words import ServerWords
from enuf.discover.source import is_file
from enuf.discover.uwsgi_files import read_text, read_uwsgi_words, served_by_config, uwsgi_files
from enuf.install.takeover.found import OldServer, Taken, Translation, VariableSource
from enuf.install.takeover.from_gunicorn import gunicorn_listens, translate_gunicorn
from enuf.install.takeover.from_nginx import cannot_adopt
from enuf.install.takeover.from_uwsgi import translate_uwsgi, uwsgi_listens
from enuf.install.takeover.managed_servers import (
    refuse_undescribed,
    running_of,
    vassal,
    vassals,
    with_manager,
)
from enuf.install.takeover.old_environment import unit_variables
from enuf.model.address import Address, UnixAddress
from enuf.syntax.unit import read_unit
from enuf.syntax.uwsgi_config import UwsgiConfig
from enuf.syntax.uwsgi_sockets import address_of

_DEFAULT_NAME = "application"
"""The object that uWSGI and gunicorn look for in a module."""


def old_servers(
    project: Path,
    running: Sequence[RunningServer],
    managed: Sequence[ManagedStart] = (),
    etc: Path = Path("/etc"),
) -> list[OldServer]:
    """Return every app server of the project, once each: units, programs of managers, what runs, then files.

    `managed` are the programs of supervisor and runit; `etc` is the folder of the host's configuration.

    Raise SettingsInvalid, with the place, for a configuration of a running server or a unit that cannot be read whole.
    """
    found: list[OldServer] = []
    folders = SYSTEM_FOLDERS if etc == Path("/etc") else (etc / "systemd/system",)
    for place, start in units_of_project(project, folders):
        of_unit = next((each for each in running if each.unit == start.unit.name), None)
        server = _started(start.server, start.directory or "/", place, project, of_unit)
        found.append(_with_unit(server, place, start))
    for program in managed:
        place, process = f"{program.file}:{program.line}", running_of(program, running)
        server = _started(program.server, program.directory or "/", place, project, process)
        found.append(with_manager(server, program))
    found += _vassals(project, running, etc)
    for each in running:
        if each.words and not any(server.pid == each.pid for server in found):
            words = ServerWords(program=each.program, arguments=each.words, path=each.path)
            place = f"the running {each.program} (pid {each.pid})"
            found.append(_started(words, each.directory, place, project, each))
    read = {os.path.realpath(path) for server in found for path in server.files}
    for name, config in uwsgi_files(project):
        if os.path.realpath(project / name) not in read:
            found.append(_of_uwsgi(config, str(project / name), str(project), project, ""))
    found = [_running_as(server, running) for server in found]
    refuse_undescribed(found, running)
    return found


def _vassals(project: Path, running: Sequence[RunningServer], etc: Path) -> Iterator[OldServer]:
    """Yield the servers of the files of emperors, each with its running process."""
    for path, config in vassals(project, etc):
        server = _of_uwsgi(config, str(path), str(project), project, "")
        server = _running_as(server, [each for each in running if each.program == "uwsgi"])
        yield replace(server, unit="", started_by=vassal(path), files=(*server.files, str(path)))


def _started(
    words: ServerWords, directory: str, place: str, project: Path, running: RunningServer | None
) -> OldServer:
    if words.program == "uwsgi":
        server = _of_uwsgi(
            _config_of(words, directory, place, project), place, directory, project, words.path
        )
    else:
        server = _of_gunicorn(words, directory, place, project)
    if running is None:
        return server
    user = Taken(value=running.user, place=f"the running {running.program} (pid {running.pid})")
    return replace(server, pid=running.pid, unit=running.unit, user=user)


def _config_of(words: ServerWords, directory: str, place: str, project: Path) -> UwsgiConfig:
    """Return the configuration of a command line, in the folder of its start or in the project.

    A uWSGI that runs may have changed its folder since. Raise SettingsInvalid for a file that cannot be read.
    """
    config = read_uwsgi_words(words.arguments, directory, place)
    if _problem(config) and directory != str(project):
        config = read_uwsgi_words(words.arguments, str(project), place)
    if problem := _problem(config):
        raise cannot_adopt(problem, "make the file readable and complete, and try again")
    return config


def _problem(config: UwsgiConfig) -> str:
    found = next((problem for problem in config.problems if problem.kind != "section"), None)
    return f"{found.file}:{found.line}: {found.text}" if found else ""


def _of_uwsgi(config: UwsgiConfig, place: str, directory: str, project: Path, path: str) -> OldServer:
    served = served_by_config(config, str(project))
    translation = translate_uwsgi(config, str(project))
    uid = config.last("uid")
    named = bool(uid) and not (uid and uid.unresolved)
    return OldServer(
        program="uwsgi",
        place=place,
        target=_with_name(served.target),
        listens=uwsgi_listens(config, directory),
        translation=_with_python(translation, path, directory, place),
        user=Taken(value=uid.value.strip(), place=f"{uid.written.file}:{uid.written.line}")
        if uid and named
        else None,
        files=config.files,
        variables=tuple(
            _said(option.value, f"{option.written.file}:{option.written.line}", known=not option.unresolved)
            for option in config.all("env")
        ),
    )


def _said(pair: str, place: str, *, known: bool = True) -> VariableSource:
    name, _, value = pair.partition("=")
    return VariableSource(kind="value", name=name.strip(), value=value if known else None, place=place)


def _of_gunicorn(words: ServerWords, directory: str, place: str, project: Path) -> OldServer:
    settings, conf = gunicorn_settings(words.arguments, directory, place)
    if "config" in settings and not is_file(conf):
        raise cannot_adopt(f"{place}: {conf} cannot be read", "gunicorn reads its settings from there")
    folder = posixpath.join(directory, settings["chdir"].text) if "chdir" in settings else directory
    user = settings.get("user")
    return OldServer(
        program="gunicorn",
        place=place,
        target=_with_name(served_by_gunicorn(settings, directory, str(project)).target),
        listens=gunicorn_listens(settings, folder),
        translation=_with_python(translate_gunicorn(settings, place), words.path, directory, place),
        user=Taken(value=user.text, place=user.place) if user and user.text else None,
        files=(str(conf),) if is_file(conf) else (),
        variables=tuple(_said(value, settings["raw_env"].place) for value in settings["raw_env"].values or ())
        if "raw_env" in settings
        else (),
    )


def _with_name(target: str | None) -> str | None:
    return target if target is None or ":" in target else f"{target}:{_DEFAULT_NAME}"


def _with_python(translation: Translation, path: str, directory: str, place: str) -> Translation:
    """Return the translation with the Python beside the server's program, where that is an environment's.

    A program without a slash was looked up on PATH; a relative one was started in `directory`.
    """
    program = posixpath.normpath(posixpath.join(directory, path)) if "/" in path else path
    python = f"{posixpath.dirname(program)}/python"
    environment = posixpath.dirname(posixpath.dirname(program))
    if "python" in translation.settings or not is_file(Path(environment, "pyvenv.cfg")):
        return translation
    return replace(translation, settings={**translation.settings, "python": Taken(value=python, place=place)})


def _with_unit(server: OldServer, place: str, start: UnitStart) -> OldServer:
    """Return the server with what its unit adds: the user, the variables, and the socket that systemd opens for it."""
    unit, is_systems = start.unit, place.startswith("/")
    account = unit.last("User")
    socket_unit = Path(unit.file).with_suffix(".socket")
    opened = read_unit(read_text(socket_unit), str(socket_unit)).all("ListenStream", "Socket")
    addresses = tuple(filter(None, (address_of(each.value, "/") for each in opened)))
    overrides = [f"{path}.d" for path in (unit.file, str(socket_unit))]
    return replace(
        server,
        override_folders=tuple(path for path in overrides if Path(path).is_dir()),
        unit=unit.name if is_systems else "",
        socket_unit=socket_unit.name if is_systems and addresses else "",
        listens=(*addresses, *server.listens),
        user=server.user
        or (Taken(value=account.value, place=f"{account.file}:{account.line}") if account else None),
        variables=(*unit_variables(unit), *server.variables),
        files=(*server.files, unit.file, *([str(socket_unit)] if addresses else [])),
    )


def _running_as(server: OldServer, running: Sequence[RunningServer]) -> OldServer:
    """Return the server with the process that listens on its address."""
    if server.pid is not None:
        return server
    spoken = set(map(_spoken, server.listens))
    process = next((each for each in running if spoken & set(each.sockets)), None)
    if process is None:
        return server
    user = Taken(value=process.user, place=f"the running {process.program} (pid {process.pid})")
    return replace(server, pid=process.pid, unit=server.unit or process.unit, user=user)


def _spoken(address: Address) -> str:
    return address.path if isinstance(address, UnixAddress) else f"{address.host}:{address.port}"
