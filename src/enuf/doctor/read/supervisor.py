"""Supervisor's configuration: its programs as it would start them."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

import msgspec

from enuf.doctor.evidence import SourceFile
from enuf.syntax.unit import UnitSetting, read_unit

_VARIABLE = re.compile(r"%\((\w+)\)[0-9]*[sd]")
"""`%(ENV_HOME)s`, `%(process_num)02d`."""


class SupervisorProgram(msgspec.Struct, frozen=True, kw_only=True):
    """A `[program:x]` section with a command."""

    name: str
    command: str
    """With supervisor's own variables written as those of a shell."""
    line: int
    directory: str
    """Empty if the section names none."""
    user: str
    environ: dict[str, str]
    stop_signal: str
    settings: tuple[UnitSetting, ...]
    """All lines of the section."""


def supervisor_programs(file: SourceFile) -> Iterator[SupervisorProgram]:
    """Yield the programs of a configuration file of supervisor."""
    conf = read_unit(_continued(file.text), file.path, inline_comment=" ;")
    for section in dict.fromkeys(setting.section for setting in conf.settings):
        command = conf.last("command", section)
        if command is None or not section.startswith(("program:", "fcgi-program:")):
            continue
        yield SupervisorProgram(
            name=section.partition(":")[2].strip(),
            command=_expanded(command.value, file.path),
            line=command.line,
            directory=_expanded(conf.value("directory", section), file.path),
            user=conf.value("user", section),
            environ=_environment(conf.value("environment", section)),
            stop_signal=conf.value("stopsignal", section),
            settings=tuple(each for each in conf.settings if each.section == section),
        )


def _expanded(text: str, path: str) -> str:
    """Return a value of supervisor's with `%(here)s` filled in; other variables of its own become those of a shell."""
    filled = text.replace("%(here)s", posixpath.dirname(path))
    return _VARIABLE.sub(r"${\1}", filled).replace("%%", "%")


def _continued(text: str) -> str:
    """Join lines with the indented ones that continue them, and keep the line numbers."""
    out: list[list[str]] = []
    last, goes_on = -1, False
    for line in text.splitlines():
        if line[:1] in (" ", "\t") and line.strip() and last >= 0 and goes_on:
            out[last].append(line.strip())
            out.append([])
        else:
            out.append([line])
            last, goes_on = (len(out) - 1, "=" in line) if line.strip() else (last, goes_on)
    return "\n".join(" ".join(pieces) for pieces in out)


def _environment(text: str) -> dict[str, str]:
    environ = {}
    for part in text.split(","):
        key, equals, value = part.partition("=")
        if equals:
            environ[key.strip()] = value.strip().strip("\"'")
    return environ
