"""A file of variables for systemd that is written for a shell: `export`, comments behind values, `$OTHER`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from enuf.doctor.evidence import Evidence, SourceFile
from enuf.doctor.facts.service_units import services
from enuf.doctor.rule import Diagnostic, Rule, at_line
from enuf.syntax.unit import UnitFile, UnitSetting

_EXPORT = re.compile(r"[ \t]*export[ \t]+([A-Za-z_]\w*)=")
_COMMENT = re.compile(r"[ \t]*([A-Za-z_]\w*)=([^\"'#\s][^\"'#]*?|)[ \t]+#.*")
_VARIABLE = re.compile(r"[ \t]*([A-Za-z_]\w*)=(?!').*\$(?:\{[A-Za-z_]\w*\}|\(|[A-Za-z_]\w*(?=[/:\"]|$))")
_COMMAND = re.compile(r"[ \t]*([A-Za-z_]\w*)=(?!').*(?:`|\$\()")
_LINES_LIMIT = 500


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report the lines of environment files that systemd reads in another way than a shell."""
    for unit in services(evidence):
        for setting in unit.all("EnvironmentFile"):
            file = _file(evidence, setting)
            if file:
                yield from _lines(file, unit)


def _file(evidence: Evidence, setting: UnitSetting) -> SourceFile | None:
    """Return the file that a unit names: at that path, or the only one of that name beside or below the unit."""
    path = setting.value.lstrip("-")
    found = evidence.file(path)
    if found or "%" in path or "*" in path:
        return found
    name = path.rpartition("/")[2]
    named = [
        file
        for file in evidence.files
        if file.path.rpartition("/")[2] == name and file.kind in ("env", "other")
    ]
    return named[0] if len(named) == 1 and name else None


def _lines(file: SourceFile, unit: UnitFile) -> Iterator[Diagnostic]:
    for number, raw in enumerate(file.text.splitlines()[:_LINES_LIMIT], 1):
        line = raw.rstrip()
        export, comment, variable = _EXPORT.match(line), _COMMENT.fullmatch(line), _VARIABLE.match(line)
        command = _COMMAND.match(line)
        if line.lstrip().startswith(("#", ";")):
            continue
        if export:
            yield at_line(
                file.path, number, f"{unit.name} reads this file, and systemd ignores a line with export: {export[1]} is not set",
                len(line) - len(line.lstrip()) + 1, len(line) + 1, hint=line.strip().removeprefix("export").strip(), severity="error",
            )  # fmt: skip
        elif comment and line.strip().rpartition(" #")[0]:
            yield at_line(
                file.path, number, f"{unit.name} reads this file, and systemd knows no comment behind a value: the comment becomes a part of "
                f"{comment[1]}",
                1, len(line) + 1, hint=line.rpartition(" #")[0].rstrip(), severity="error",
            )  # fmt: skip
        elif command:
            yield at_line(
                file.path, number, f"{unit.name} reads this file, and systemd runs no command: {command[1]} holds its text",
                1, len(line) + 1, hint="write the value out",
            )  # fmt: skip
        elif variable:
            yield at_line(
                file.path, number, f"{unit.name} reads this file, and systemd fills in no variable: {variable[1]} holds the dollar sign itself",
                1, len(line) + 1, hint="write the value out",
            )  # fmt: skip


RULE = Rule("S034", "environment-file-in-shell-syntax", "warning", check)
