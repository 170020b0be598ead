"""A key of a program that supervisor does not know: supervisor ignores the line and says nothing."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.nginx import is_template
from enuf.doctor.read.supervisor import supervisor_programs
from enuf.doctor.rule import Diagnostic, Rule, at_setting
from enuf.syntax.supervisor_keys import PROGRAM_KEYS, SUPERVISORD_KEYS

_CLOSE = 0.7
_FCGI_KEYS = ("socket", "socket_backlog", "socket_owner", "socket_mode")


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every unknown key: a warning if it is close to a known one."""
    for file in evidence.of_kind("supervisor"):
        for program in supervisor_programs(file) if not is_template(evidence, file.path) else ():
            written = {each.name for each in program.settings}
            for setting in program.settings:
                if setting.name in PROGRAM_KEYS or not setting.name.isascii() or setting.name in _FCGI_KEYS:
                    continue
                near = difflib.get_close_matches(setting.name, PROGRAM_KEYS - written, 1, _CLOSE)
                if setting.name in SUPERVISORD_KEYS:
                    yield at_setting(
                        setting,
                        f"{setting.name} is a key of [supervisord]: in the section of a program it has no effect",
                        severity="advice",
                        hint=f"remove the line, or write it below [supervisord]: {setting.name}={setting.value}",
                    )
                elif near:
                    yield at_setting(
                        setting,
                        f"supervisor knows no key {setting.name} and ignores the line",
                        hint=f"{near[0]}={setting.value}",
                    )
                elif setting.name.isidentifier():
                    yield at_setting(
                        setting,
                        f"supervisor knows no key {setting.name} and ignores the line",
                        severity="advice",
                        hint=f"directory={setting.value}"
                        if setting.value.startswith("/")
                        else "one of supervisor's own keys, or no line at all",
                    )


RULE = Rule("S050", "supervisor-key-ignored", "warning", check)
