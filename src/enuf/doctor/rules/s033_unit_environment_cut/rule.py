"""`Environment=` lines that systemd cuts or ignores: a `%`, a blank without quotes, `export`, a comment, `$PATH`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.service_units import has_placeholder, services
from enuf.doctor.rule import Diagnostic, Rule, at_setting
from enuf.syntax.unit import UnitSetting

_WORD = re.compile(r"(?:[^\s\"']+|\"(?:[^\"\\]|\\.)*\"|'[^']*')+")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_VARIABLE = re.compile(r"(?<!\\)\$\{?[A-Z_]+")
_OF_SHELL = re.compile(r"(?<![\\$\w])\$(?:\{(?:HOME|USER|PWD|PATH)\}|(?:HOME|USER|PWD|PATH)\b)")
_SPECIFIER = re.compile(r"(?<!%)(?:%%)*%([^aAbBCdDEfgGhHiIjJlLmMnNopPqsStTuUvVwWyY%])")


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every Environment whose variables are not what the line seems to say."""
    for unit in services(evidence):
        for setting in unit.all("Environment"):
            if setting.value and not has_placeholder(setting):
                yield from _of_setting(setting)


def _of_setting(setting: UnitSetting) -> Iterator[Diagnostic]:
    value = setting.value
    words = _WORD.findall(value[:4000])
    first = words[0] if words else ""
    specifier = _SPECIFIER.search(value)
    if specifier:
        name = value.lstrip("\"'").partition("=")[0]
        yield at_setting(
            setting,
            f"%{specifier[1]} is no specifier that systemd knows, so it ignores the variable {name}",
            hint=f"Environment={_SPECIFIER.sub(lambda found: f'{found[0][:-2]}%%{found[1]}', value)}",
        )
        return
    lost = [word for word in words if not _is_assignment(word)]
    if lost:
        name, _, rest = value.removeprefix("export ").partition("=")
        right = (
            f'"{name.strip()}={rest.strip()}"' if lost[0] not in ("export", "#") and "=" in first else value
        )
        if lost[0] == "export":
            right = value.removeprefix("export ").strip()
        elif lost[0].startswith("#"):
            right = value.partition(" #")[0].rstrip()
        elif not _is_assignment(first) and "=" in words[1:2]:
            right = f"{first}={' '.join(words[2:])}"
        yield at_setting(
            setting,
            f"systemd ends a variable at a blank, and ignores {lost[0]}",
            hint=f"Environment={right}",
        )
    elif _holds_a_variable(value, first.partition("=")[0].strip("\"'")):
        yield at_setting(
            setting,
            "systemd fills in no variable here: the value holds the dollar sign and the name as they are",
            hint="Environment=PATH=/srv/app/venv/bin:/usr/local/bin:/usr/bin:/bin"
            if "PATH" in first
            else "write the value out; %h is the home folder of the user of the service manager",
        )


def _holds_a_variable(value: str, name: str) -> bool:
    """Return True for a variable in a list of folders, and for one of the shell's own in any value."""
    is_list = name in ("PATH", "PYTHONPATH", "LD_LIBRARY_PATH", "HOME")
    return bool(_OF_SHELL.search(value) or (is_list and _VARIABLE.search(value)))


def _is_assignment(word: str) -> bool:
    """Return True for a word `NAME=value`, in quotes or not. A comma behind quotes does no harm."""
    plain = word.strip(",").strip("\"'") if word[:1] in "\"'" else word
    name, equals, _ = plain.partition("=")
    return bool(equals) and _NAME.match(name) is not None


RULE = Rule("S033", "unit-environment-cut", "warning", check)
