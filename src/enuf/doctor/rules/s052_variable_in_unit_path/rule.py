"""A variable in a place of a unit where systemd fills in none: a folder, or the path of the program."""

from __future__ import annotations

import re
from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.service_units import has_placeholder, services
from enuf.doctor.rule import Diagnostic, Rule, at_setting
from enuf.syntax.unit import UnitFile, UnitSetting

_VARIABLE = re.compile(r"\$(?:\w+|\{\w+\})")
_FOLDERS = ("WorkingDirectory", "RootDirectory", "EnvironmentFile", "PIDFile")
_COMMANDS = ("ExecStart", "ExecStartPre")
_PREFIXES = "@-:+!|"
_FILLS_IN = re.compile(r"\b(?:envsubst|sed|perl|awk|template|render|jinja|cat <<)", re.IGNORECASE)


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every folder and every absolute path of a program with a variable, where no script fills the unit in."""
    for unit in services(evidence):
        if not unit.name.endswith(".service") or _is_filled_in(evidence, unit):
            continue
        for setting in unit.settings:
            found = _variable_in(setting)
            if found and not has_placeholder(setting):
                what = "the service fails (203/EXEC)" if setting.name in _COMMANDS else _outcome(setting)
                yield at_setting(
                    setting,
                    f"systemd fills in no variable here, so {found} stays as it is: {what}",
                    severity=None if setting.name != "PIDFile" and _sets(unit, found) else "warning",
                    hint=f"{setting.name}=   with the whole path written out",
                )


def _sets(unit: UnitFile, variable: str) -> bool:
    """Return True if the unit gives the variable a value; a unit that does not may be a form for a person to fill in."""
    name = variable.strip("${}")
    return any(re.search(rf"(?:^|[\s\"']){name}=", each.value) for each in unit.all("Environment"))


def _variable_in(setting: UnitSetting) -> str:
    """Return the variable of a folder or of a program's path, empty if there is none."""
    if setting.section != "Service":
        return ""
    if setting.name in _FOLDERS:
        found = _VARIABLE.search(setting.value)
        return found[0] if found else ""
    if setting.name not in _COMMANDS:
        return ""
    program = (setting.value.lstrip(_PREFIXES).split() or [""])[0].strip("\"'")
    found = _VARIABLE.search(program)
    return (
        found[0] if found and ("/" not in program or program.startswith("/")) else ""
    )  # S031 has relative paths


def _outcome(setting: UnitSetting) -> str:
    if setting.name == "EnvironmentFile":
        return (
            "the service fails without that file"
            if not setting.value.startswith("-")
            else "the file is not read"
        )
    return (
        "the line is ignored"
        if setting.name == "PIDFile"
        else "it refuses the unit, or the service fails (200/CHDIR)"
    )


def _is_filled_in(evidence: Evidence, unit: UnitFile) -> bool:
    """Return True if another file that names the unit may replace its variables."""
    return any(
        unit.name in file.text and _FILLS_IN.search(file.text)
        for file in evidence.files
        if file.path != unit.file and file.kind in ("script", "other", "dockerfile")
    )


RULE = Rule("S052", "variable-in-unit-path", "error", check)
