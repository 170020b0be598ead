"""The processes that a Procfile names, for a project whose settings name none."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import msgspec

from enuf.settings.fields import dotted_keys
from enuf.settings.sections.processes import ProcessSetting
from enuf.syntax.procfile import WEB_PROCESS, procfile_lines
from enuf.system.files import read_regular

NAME = "Procfile"
_LIMIT_BYTES = 100_000
_RELEASE = "release"


class Procfile(msgspec.Struct, frozen=True):
    """The processes of a Procfile, and what was left out: a sentence each."""

    processes: dict[str, ProcessSetting] = {}
    notes: tuple[str, ...] = ()


def read_procfile(project: Path) -> Procfile:
    """Read the project's Procfile; `web` is the app itself. What cannot be run stands in the notes."""
    try:
        data = read_regular(project / NAME, _LIMIT_BYTES + 1)
    except OSError:
        return Procfile()
    if len(data) > _LIMIT_BYTES:
        return Procfile(notes=(f"{NAME} is larger than {_LIMIT_BYTES // 1000} kB and is not read",))
    kind = dotted_keys()["processes"].kind
    found: dict[str, ProcessSetting] = {}
    notes = []
    for line in procfile_lines(data.decode("utf-8", "replace")):
        where, name = f"{NAME}:{line.number}", line.name
        if name == WEB_PROCESS:
            continue
        if name == _RELEASE:
            notes.append(f"{where}: release is not run: reload.before in enuf.toml holds such commands")
            continue
        try:
            found.update(cast("dict[str, ProcessSetting]", kind.read({name: line.command})))
        except ValueError as error:
            notes.append(
                f"{where}: {name} is not run: {error}; [processes] in enuf.toml can say it otherwise"
            )
    return Procfile(found, tuple(notes))
