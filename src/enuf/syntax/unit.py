"""A systemd unit file as systemd reads it, with line numbers. Reads supervisor's ini too."""

from __future__ import annotations

import re
import shlex

import msgspec

COMMAND_LIMIT = 65_536
"""Characters of a command, continued lines included. The rest is not read."""
_EXEC_PREFIXES = "@-:+!|"
_SECTION = re.compile(r"\[(.+)\]\s*$")
_SPECIFIER = re.compile(r"%(.)")

TRUE_WORDS = ("yes", "true", "on", "1", "y", "t")
"""What systemd reads as true, in lower case."""


class UnitSetting(msgspec.Struct, frozen=True, kw_only=True):
    """One `Name=value`, its continued lines joined with spaces."""

    section: str
    name: str
    value: str
    file: str
    line: int
    column: int
    end_column: int


class UnitFile(msgspec.Struct, frozen=True, kw_only=True):
    """The settings of a unit in their order. Names may repeat."""

    file: str
    settings: tuple[UnitSetting, ...]

    @property
    def name(self) -> str:
        """The unit's name, such as `shop.service`."""
        return self.file.rpartition("/")[2]

    def all(self, name: str, section: str = "Service") -> tuple[UnitSetting, ...]:
        """Return the settings of a name that hold. An empty value resets the list before it."""
        held: list[UnitSetting] = []
        for setting in self.settings:
            if setting.section == section and setting.name == name:
                held.append(setting)
                if not setting.value:
                    held = []
        return tuple(held)

    def last(self, name: str, section: str = "Service") -> UnitSetting | None:
        """Return the setting that wins, None if there is none."""
        held = self.all(name, section)
        return held[-1] if held else None

    def value(self, name: str, section: str = "Service") -> str:
        """Return the winning value, empty if there is none."""
        setting = self.last(name, section)
        return setting.value if setting else ""

    def is_on(self, name: str, section: str = "Service") -> bool:
        """Return True for yes, true, on and 1, as systemd reads a boolean."""
        return self.value(name, section).lower() in TRUE_WORDS

    def line_of(self, section: str) -> int:
        """Return the line of the first setting in a section, 1 if it has none: the place of a missing one."""
        return next((setting.line for setting in self.settings if setting.section == section), 1)


def read_unit(text: str, file: str, *, inline_comment: str = "") -> UnitFile:
    """Read a unit from a text.

    `inline_comment` begins a comment after a value (` ;` for supervisor).
    """
    settings: list[UnitSetting] = []
    lines = text.splitlines()
    section, waiting, waiting_line = "", "", 0
    cut = inline_comment or "\0"
    for line_number, raw in enumerate(lines, 1):
        line = raw.strip()
        if not line or line[0] in "#;":
            continue
        if waiting:
            waiting = f"{waiting} {line.removesuffix(chr(92)).strip()}"
            line_number = waiting_line
        elif (match := _SECTION.match(line)) is not None:
            section = match[1]
            continue
        else:
            waiting, waiting_line = line.removesuffix("\\").strip(), line_number
        if not line.endswith("\\"):
            setting = _setting(
                section, waiting.partition(cut)[0], file, waiting_line, lines[waiting_line - 1]
            )
            settings += [setting] if setting else []
            waiting = ""
    if waiting:
        setting = _setting(section, waiting.partition(cut)[0], file, waiting_line, lines[waiting_line - 1])
        settings += [setting] if setting else []
    return UnitFile(file=file, settings=tuple(settings))


def _setting(section: str, line: str, file: str, line_number: int, raw: str) -> UnitSetting | None:
    name, equals, value = line.partition("=")
    if not equals:
        return None
    value = value.strip()
    column = raw.find("=") + 1
    column += len(raw[column:]) - len(raw[column:].lstrip()) + 1
    return UnitSetting(
        section=section,
        name=name.strip(),
        value=value,
        file=file,
        line=line_number,
        column=column,
        end_column=len(raw.rstrip()) + 1,
    )


def words_of_command(setting: UnitSetting, unit_name: str) -> list[str]:
    """Return the words of an `ExecStart`, without systemd's prefixes; none where a quote is never closed."""
    line = without_specifiers(setting.value, unit_name).lstrip(_EXEC_PREFIXES)
    try:
        return shlex.split(line[:COMMAND_LIMIT])
    except ValueError:
        return []


def without_specifiers(value: str, unit_name: str) -> str:
    """Return the value with those specifiers filled in that the unit's name decides. Others stay."""
    stem = unit_name.rpartition(".")[0]
    prefix, _, instance = stem.partition("@")
    known = {"%": "%", "n": unit_name, "N": stem, "p": prefix, "i": instance, "I": instance}
    return _SPECIFIER.sub(lambda match: known.get(match[1]) or match[0], value)
