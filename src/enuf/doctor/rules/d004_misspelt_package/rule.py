"""A package with a name that resembles uWSGI's."""

from __future__ import annotations

import re
from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.rule import Diagnostic, Rule, at_line
from enuf.model.finding import Edit, Fix

_INSTALLING = ("packages", "dockerfile", "script")
_MISSPELT = re.compile(r"(?<![\w./-])(uswgi|uwgsi|usgwi|uwisg)(?![\w./-])", re.IGNORECASE)


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every misspelling of uwsgi in a list of packages or in a command."""
    for file in evidence.files:
        if file.kind not in _INSTALLING:
            continue
        for line_number, line in enumerate(file.text.split("\n"), 1):
            for match in _MISSPELT.finditer(line.partition("#")[0]):
                yield _diagnostic(file.path, line_number, match)


def _diagnostic(path: str, line: int, match: re.Match[str]) -> Diagnostic:
    column, end_column = match.start() + 1, match.end() + 1
    edit = Edit(file=path, line=line, column=column, end_column=end_column, text="uwsgi")
    return at_line(
        path,
        line,
        f"`{match[1]}` is not uWSGI: pip finds no such package, or one that a stranger gave this name",
        column,
        end_column,
        hint="uwsgi",
        fix=Fix(description="write `uwsgi`", edits=(edit,)),
    )


RULE = Rule("D004", "misspelt-package", "error", check)
