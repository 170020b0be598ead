"""The variables that an old server gives its app, read so that `enuf env` can hold them. No value is ever printed."""

from __future__ import annotations

import glob as globbing
import os
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from enuf.install.takeover.found import Carried, Gap, OldVariable, VariableSource
from enuf.install.takeover.known_words import SHELLS_VARIABLES
from enuf.syntax.env_file import name_problem, value_problem, values_in
from enuf.syntax.unit import UnitFile, without_specifiers
from enuf.system import files
from enuf.system.switch_user import acting_as, keeper_of
from enuf.system.user import User

LIMIT_BYTES, MOST_FILES = 2**20, 200
_OWN_BEGINS = (
    "LC_",
    "SSH_",
    "SUDO_",
    "XDG_",
    "DBUS_",
    "SUPERVISOR_",
    "UWSGI_",
    "LESS",
    "LS_COLORS",
    "BASH",
    "CREDENTIALS_",
)
_WHY_UNKNOWN = "only what starts the old server knows its value: set it with enuf env set"
_SPECIFIER = re.compile(r"%[A-Za-z]")


def unit_variables(unit: UnitFile) -> Iterator[VariableSource]:
    """Yield what a unit says about variables: those of its files win over the others."""
    for setting in unit.all("Environment"):
        place = f"{setting.file}:{setting.line}"
        value = without_specifiers(setting.value.replace("%%", "\0"), unit.name)
        try:
            words = shlex.split(value)
        except ValueError:
            words = []
        pairs = (word.partition("=") for word in words)
        yield from (_variable(name, text, place) for name, sign, text in pairs if sign)
    for setting in unit.all("EnvironmentFile"):
        path = without_specifiers(setting.value, unit.name).strip("\"'")
        yield VariableSource(
            kind="file",
            name="EnvironmentFile",
            path=path.lstrip("-"),
            place=f"{setting.file}:{setting.line}",
            is_optional=path.startswith("-"),
        )
    for name in ("LoadCredential", "LoadCredentialEncrypted", "SetCredential", "PassEnvironment"):
        for setting in unit.all(name):
            place = f"{setting.file}:{setting.line}"
            yield VariableSource(kind="other", name=name, place=place)


def _variable(name: str, text: str, place: str) -> VariableSource:
    known = None if _SPECIFIER.search(text) else text.replace("\0", "%")
    return VariableSource(kind="value", name=name, value=known, place=place)


def running_variables(pid: int, place: str) -> list[VariableSource]:
    """Return the variables of a running server that nothing but its own process describes."""
    try:
        text = files.read_regular(Path(f"/proc/{pid}/environ"), LIMIT_BYTES).decode("utf-8", "replace")
    except OSError:
        return []
    pairs = (entry.partition("=") for entry in text.split("\0"))
    return [
        VariableSource(kind="value", name=name, value=value, place=place)
        for name, sign, value in pairs
        if sign and name
    ]


def carried_variables(sources: Sequence[VariableSource]) -> Carried:
    """Return the variables that the new site gets, and what could not be taken. Root reads each file with its keeper's rights."""
    found: dict[str, OldVariable] = {}
    gaps: list[Gap] = []
    for source in sources:
        pairs, why = _read(source)
        if why:
            gaps.append(Gap(place=source.place, text=_words(source), why=why))
        for name, value in pairs.items():
            if name in SHELLS_VARIABLES or name.startswith(_OWN_BEGINS):
                continue
            problem = name_problem(name) or (value_problem(value) if value is not None else _WHY_UNKNOWN)
            if problem:
                gaps.append(Gap(place=source.place, text=f"the variable {name}", why=problem))
            else:
                found[name] = OldVariable(value=value or "", place=source.place)
    return Carried(variables=found, gaps=tuple(gaps))


def _words(source: VariableSource) -> str:
    return f"{source.name} {source.path}".strip()


def _read(source: VariableSource) -> tuple[Mapping[str, str | None], str]:
    """Return the variables of a source, and why it cannot be read; empty where it was."""
    if source.kind == "value":
        return {source.name: source.value}, ""
    if source.kind == "other":
        return (
            {},
            "secrets that systemd hands over otherwise: write the line into the override of the new service, systemctl edit",
        )
    if source.kind == "script":
        return {}, "a shell script that may set variables: write them with enuf env set"
    if not source.path.startswith("/") or "$" in source.path or _SPECIFIER.search(source.path):
        return {}, "its path is known only to what starts the old server"
    return _folder(source) if source.kind == "folder" else _file(source)


def _file(source: VariableSource) -> tuple[Mapping[str, str | None], str]:
    paths = sorted(globbing.glob(source.path))[:MOST_FILES] or [source.path]  # noqa: PTH207 - a pattern of systemd's
    values: dict[str, str | None] = {}
    for path in paths:
        try:
            values.update(values_in(_text(path, source)))
        except FileNotFoundError:
            return values, "" if source.is_optional else "the file is missing"
        except OSError as error:
            return values, f"it cannot be read: {error.strerror}"
    return values, ""


def _folder(source: VariableSource) -> tuple[Mapping[str, str | None], str]:
    values: dict[str, str | None] = {}
    try:
        with acting_as(_reader(source.path, source)):
            names = sorted(os.listdir(source.path))[:MOST_FILES]  # noqa: PTH208 - names
        for name in names:
            values[name] = (
                _text(f"{source.path}/{name}", source).partition("\n")[0].rstrip(" \t").replace("\0", "\n")
            )
    except OSError as error:
        return values, f"it cannot be read: {error.strerror}"
    return values, ""


def _text(path: str, source: VariableSource) -> str:
    with acting_as(_reader(path, source)):
        return files.read_regular(Path(path), LIMIT_BYTES).decode("utf-8", "replace")


def _reader(path: str, source: VariableSource) -> User | None:
    """Return the user with whose rights a file is read: whoever could have named it, or have put it there."""
    named_in = source.place.rpartition(":")[0]
    return (keeper_of(Path(named_in)) if named_in.startswith("/") else None) or keeper_of(Path(path))
