"""A log format of gunicorn in the file of supervisor, which takes `%(` for a variable of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.rule import Diagnostic, Rule, at_line

_OF_GUNICORN = re.compile(r"[hlutrsmUqHbBfaTDMLp]|\{[^}]+\}[ioe]")
"""The names in a log format of gunicorn; other names may be those of a template."""
_EXPANDED = re.compile(r"(?<!%)(?:%%)*%\(([^)]{1,80})\)")
_LINE = re.compile(r"[ \t]*(command|environment|directory)[ \t]*=(.*)")
_LIMIT = 4000


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every `%(name)` in a command of supervisor that is one of gunicorn's log format."""
    for file in evidence.of_kind("supervisor"):
        for number, text in enumerate(file.text.splitlines(), 1):
            line = _LINE.fullmatch(text[:_LIMIT])
            names = _EXPANDED.findall(line[2]) if line else []
            wrong = next((each for each in names if _OF_GUNICORN.fullmatch(each)), None)
            if wrong:
                yield at_line(
                    file.path,
                    number,
                    f"supervisor takes {wrong} behind the percent sign for a variable of its own, has none of this name, and does not start",
                    hint=f"%%({wrong})s   with two % for each one of the log format",
                )


RULE = Rule("S056", "supervisor-takes-the-percent", "error", check, is_about_templates=True)
