"""A log format of gunicorn in the file of supervisor, which takes `%(` for a variable of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.rule import Diagnostic, Rule, at_line

_OWN = frozenset(("program_name", "process_num", "group_name", "here", "numprocs", "host_node_name"))
_EXPANDED = re.compile(r"(?<!%)(?:%%)*%\(([^)]{1,80})\)")
_LINE = re.compile(r"[ \t]*(command|environment|directory)[ \t]*=(.*)")
_LIMIT = 4000


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every `%(name)` in a command of supervisor that is no variable of supervisor."""
    for file in evidence.of_kind("supervisor"):
        for number, text in enumerate(file.text.splitlines(), 1):
            line = _LINE.fullmatch(text[:_LIMIT])
            names = _EXPANDED.findall(line[2]) if line else []
            wrong = next((each for each in names if each not in _OWN and not each.startswith("ENV_")), None)
            if wrong:
                yield at_line(
                    file.path,
                    number,
                    f"supervisor takes {wrong} behind the percent sign for a variable of its own, has none of this name, and does not start",
                    hint=f"%%({wrong})s   with two % for each one of the log format",
                )


RULE = Rule("G032", "supervisor-takes-the-percent", "error", check, is_about_templates=True)
