"""The units of systemd that start an app server for a project."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from enuf.discover.server_words import ServerWords, server_words
from enuf.discover.uwsgi_files import read_text
from enuf.syntax.unit import UnitFile, read_unit, without_specifiers, words_of_command

SYSTEM_FOLDERS = (Path("/etc/systemd/system"), Path("/usr/local/lib/systemd/system"))
_MOST_UNITS = 500


class UnitStart(msgspec.Struct, frozen=True, kw_only=True):
    """A command of a unit that starts an app server."""

    unit: UnitFile
    line: int
    server: ServerWords
    directory: str
    """The working folder of the unit; empty where the unit names none."""


def starts_in(unit: UnitFile) -> Iterator[UnitStart]:
    """Yield the commands of a unit that start uWSGI or gunicorn."""
    directory = without_specifiers(unit.value("WorkingDirectory"), unit.name).lstrip("-").strip("\"'")
    for setting in unit.all("ExecStart"):
        server = server_words(words_of_command(setting, unit.name))
        if server is not None:
            yield UnitStart(unit=unit, line=setting.line, server=server, directory=directory)


def units_of_project(
    project: Path, folders: Sequence[Path] = SYSTEM_FOLDERS
) -> Iterator[tuple[str, UnitStart]]:
    """Yield the starts that serve the project, those of the system's units first, with the names of their files."""
    for folder in folders:
        for path in _units_in(folder):
            for start in starts_in(_with_overrides(path)):
                if _names(start, str(project)):
                    yield str(path), start
    for path in (*_units_in(project), *(unit for each in _folders_in(project) for unit in _units_in(each))):
        for start in starts_in(read_unit(read_text(path), str(path))):
            yield path.relative_to(project).as_posix(), start


def _with_overrides(path: Path) -> UnitFile:
    """Return a unit with the lines of its folder `NAME.d`, which count as if they stood at its end."""
    unit = read_unit(read_text(path), str(path))
    try:
        overrides = sorted(Path(f"{path}.d").glob("*.conf"))[:_MOST_UNITS]
    except OSError:
        overrides = []
    more = (setting for each in overrides for setting in read_unit(read_text(each), str(each)).settings)
    return msgspec.structs.replace(unit, settings=(*unit.settings, *more))


def _names(start: UnitStart, project: str) -> bool:
    """Return True for a start whose folder, or a word of its command, lies in the project."""
    return lies_in((start.directory, *start.server.arguments), project)


def lies_in(words: Sequence[str], project: str) -> bool:
    """Return True where one of the words, or a part of it after `=`, is a path in the project."""
    inside = f"{project.rstrip('/')}/"
    return any(
        f"{posixpath.normpath(part)}/".startswith(inside)
        for word in words
        for part in word.split("=")
        if part
    )


def _units_in(folder: Path) -> list[Path]:
    try:
        found = sorted(path for path in folder.iterdir() if path.suffix == ".service")
    except OSError:
        return []
    return [path for path in found if not path.name.startswith("enuf-")][:_MOST_UNITS]


def _folders_in(project: Path) -> list[Path]:
    try:
        return sorted(path for path in project.iterdir() if path.is_dir() and path.name[0] != ".")[
            :_MOST_UNITS
        ]
    except OSError:
        return []
