"""Shell syntax in `ExecStart`, which systemd runs without a shell."""

from __future__ import annotations

import re
from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.service_units import has_placeholder, services
from enuf.doctor.rule import Diagnostic, Rule, at_setting
from enuf.syntax.unit import UnitFile, UnitSetting

_SETTINGS = ("ExecStart", "ExecStartPre", "ExecStartPost", "ExecReload", "ExecStop")
_BUILTINS = frozenset(
    (
        "cd",
        "source",
        ".",
        "export",
        "set",
        "alias",
        "ulimit",
        "umask",
        "eval",
        "exec",
        "if",
        "for",
        "while",
        "trap",
    )
)
_OPERATORS = frozenset(("&&", "||", "|", ">", ">>", "2>", "2>&1", "&>", "<", "&", "1>", ">&2"))
_ASSIGNMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*=\S*")
_SHELL = re.compile(
    r"(?:^|/)(?:bash|dash|zsh|ash|ksh|sh)$|(?:^|/)(?:env|su|sudo|runuser|nsenter|podman|docker)$"
)
_PREFIXES = "@-:+!|"


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report commands of a shell, operators, substitutions and comments in the commands of a unit."""
    for unit in services(evidence):
        for name in _SETTINGS:
            for setting in unit.all(name):
                if not has_placeholder(setting):
                    yield from _of_setting(unit, setting)


def _of_setting(unit: UnitFile, setting: UnitSetting) -> Iterator[Diagnostic]:
    words = setting.value.lstrip(_PREFIXES).split()
    if not words or _SHELL.search(words[0]) or setting.value.lstrip(_PREFIXES)[:1] in "\"'":
        return
    quoted = "'" in setting.value or '"' in setting.value
    operator = next((word for word in words[1:] if word in _OPERATORS or "$(" in word or "`" in word), "")
    comment = next((word for word in words[1:] if word.startswith("#")), "")
    if words[0] in _BUILTINS or _ASSIGNMENT.fullmatch(words[0]):
        yield _diagnostic(
            setting, f"systemd runs programs, not a shell: there is no program called {words[0]}, so the service fails (203/EXEC)",
            _hint(unit, setting, words),
        )  # fmt: skip
    elif operator and not quoted:
        yield _diagnostic(
            setting, f"systemd runs no shell: {operator} and what follows go to {words[0].rpartition('/')[2]} as arguments",
            _hint(unit, setting, words),
        )  # fmt: skip
    elif comment and not quoted and comment in ("#", "##"):
        yield _diagnostic(
            setting, f"systemd knows no comment behind a value: {comment} and what follows go to the program as arguments",
            f"{setting.name}={setting.value.partition(f' {comment}')[0].strip()}",
        )  # fmt: skip
    elif words[0].endswith(";") and len(words) > 1:
        yield _diagnostic(
            setting,
            f"systemd looks for a program called {words[0]}: a ; needs a blank before it",
            "ExecStart= once for each command",
        )


def _diagnostic(setting: UnitSetting, message: str, hint: str) -> Diagnostic:
    is_start = setting.name in ("ExecStart", "ExecStartPre")
    return at_setting(setting, message, hint=hint, severity=None if is_start else "warning")


def _hint(unit: UnitFile, setting: UnitSetting, words: list[str]) -> str:
    if words[0] == "cd" and len(words) > 1 and words[1].startswith("/"):
        rest = setting.value.partition("&&")[2].strip()
        return (
            f"WorkingDirectory={words[1]}  and  {setting.name}={rest}"
            if rest
            else f"WorkingDirectory={words[1]}"
        )
    if words[0] in ("source", ".") and len(words) > 1 and words[1].endswith("/bin/activate"):
        folder = words[1].removesuffix("/activate")
        rest = setting.value.partition("&&")[2].strip().lstrip("/")
        return f"{setting.name}={folder}/{rest or 'uwsgi --ini …'}"
    if _ASSIGNMENT.fullmatch(words[0]):
        return f"Environment={words[0]}  and  {setting.name}={' '.join(words[1:])}"
    if any(word.lstrip("12&").startswith(">") for word in words):
        clean = re.split(r"\s[12&]?>", setting.value)[0]
        return f"{setting.name}={clean}  (systemd keeps the output: journalctl -u {unit.name})"
    return f"{setting.name}=/bin/sh -c '{setting.value.lstrip(_PREFIXES)}'"


RULE = Rule("S030", "shell-syntax-in-unit", "error", check)
