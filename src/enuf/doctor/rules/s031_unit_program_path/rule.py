"""A program in a unit by a path that systemd does not take: relative, with `~`, or with a variable."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.service_units import has_placeholder, is_replaced_by_a_script, services
from enuf.doctor.rule import Diagnostic, Rule, at_setting
from enuf.syntax.unit import UnitFile, UnitSetting

_SETTINGS = ("ExecStart", "ExecStartPre", "ExecStartPost", "ExecReload", "ExecStop")
_PREFIXES = "@-:+!|"


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every command whose program is neither an absolute path nor a plain name."""
    for unit in services(evidence):
        for name in _SETTINGS:
            for setting in unit.all(name):
                program = (setting.value.lstrip(_PREFIXES).split() or [""])[0].strip("\"'")
                if program.startswith("/") or has_placeholder(setting) or program == ".":
                    continue
                if (
                    "/" in program
                    and not program.startswith("%")
                    and not is_replaced_by_a_script(evidence, setting)
                ):
                    yield _diagnostic(unit, setting, program)


def _diagnostic(unit: UnitFile, setting: UnitSetting, program: str) -> Diagnostic:
    if program.startswith("~"):
        why = "systemd knows no ~ in a command"
    elif program.startswith("$"):
        why = "systemd fills in no variable in the name of the program"
    else:
        why = "systemd takes an absolute path, whatever WorkingDirectory is"
    folder = unit.value("WorkingDirectory")
    base = folder if folder.startswith("/") else "/srv/app"
    path = (
        posixpath.normpath(posixpath.join(base, program))
        if program[:1] not in "~$"
        else f"/…/{program.partition('/')[2]}"
    )
    rest = setting.value.lstrip(_PREFIXES).partition(" ")[2]
    return at_setting(
        setting,
        f"{why}: it refuses the unit, and the service never starts",
        hint=f"{setting.name}={path} {rest}".rstrip(),
    )


RULE = Rule("S031", "unit-program-path", "error", check)
