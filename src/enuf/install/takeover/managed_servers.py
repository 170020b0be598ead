"""App servers that supervisor, runit or an emperor of uWSGI starts, as they are read for a take-over."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from msgspec.structs import replace

from enuf.discover.managed_starts import VASSAL_FILES, ManagedStart, manager_files
from enuf.discover.project_units import lies_in
from enuf.discover.running_servers import RunningServer
from enuf.discover.uwsgi_files import read_text, read_uwsgi_file
from enuf.install.takeover.found import OldServer, StartedBy, Taken, VariableSource
from enuf.install.takeover.from_nginx import cannot_adopt
from enuf.syntax.uwsgi_config import UwsgiConfig

_WHERE = {
    "supervisor": "a file in /etc/supervisor/conf.d that names the project's folder",
    "runit": "a folder in /etc/service or /etc/sv with a file run that names it",
    "emperor": "a file in /etc/uwsgi/vassals, /etc/uwsgi-emperor/vassals or /etc/uwsgi/apps-enabled",
}


def with_manager(server: OldServer, start: ManagedStart) -> OldServer:
    """Return a server with what its manager's file adds: user, variables, and how the server is ended."""
    place = f"{start.file}:{start.line}"
    variables = (
        *(VariableSource(kind="script", path=path, place=place) for path in start.scripts),
        *(VariableSource(kind="folder", path=path, place=place) for path in start.folders),
        *(
            VariableSource(kind="value", name=name, value=value, place=place)
            for name, value in start.variables
        ),
    )
    return replace(
        server,
        unit="",
        user=server.user or (Taken(value=start.user, place=place) if start.user else None),
        files=(*server.files, start.file),
        variables=(*variables, *server.variables),
        started_by=StartedBy(
            manager=start.manager, name=start.name, file=start.file, is_alone=start.is_alone
        ),
    )


def running_of(start: ManagedStart, running: Sequence[RunningServer]) -> RunningServer | None:
    """Return the running server that a program of a manager has started."""
    same = [
        each for each in running if each.manager == start.manager and each.program == start.server.program
    ]
    exact = [each for each in same if each.words == start.server.arguments]
    return next(iter(exact or (same if len(same) == 1 else [])), None)


def vassals(project: Path, etc: Path) -> Iterator[tuple[Path, UwsgiConfig]]:
    """Yield the files of emperors, and of Debian's init script, that serve the project, with their configurations."""
    for path in manager_files(etc, VASSAL_FILES):
        text = read_text(path)
        if "[uwsgi]" not in text:
            continue
        config = read_uwsgi_file(Path(os.path.realpath(path)), project)
        if Path(os.path.realpath(path)).is_relative_to(project) or lies_in(
            [option.value for option in config.options], str(project)
        ):
            yield path, config


def vassal(path: Path) -> StartedBy:
    """Return how the server of a vassal's file is started."""
    return StartedBy(manager="emperor", name=path.stem, file=str(path))


def refuse_undescribed(servers: Sequence[OldServer], running: Sequence[RunningServer]) -> None:
    """Raise SettingsInvalid for a server that a manager runs, and that no file of the manager describes."""
    described = {server.pid for server in servers if server.started_by}
    for each in running:
        if each.manager and each.pid not in described:
            raise cannot_adopt(
                f"{each.words_of_message} is run by {each.manager}, and no file of it was found",
                f"enuf looks for {_WHERE[each.manager]}, so that it can say what to stop: name the folder there, or let a unit of "
                "systemd start the server first",
            )
