"""A start script of a container that empties the database of Django each time it runs."""

from __future__ import annotations

import re
from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.production_scripts import production_scripts
from enuf.doctor.rule import Diagnostic, Rule, at_line

_EMPTIES = re.compile(
    r"[ \t]*(?:exec[ \t]+)?(?:[\w./$\{\}-]+[ \t]+)*(?:\./)?[\w/.-]*manage\.py[ \t]+(?P<verb>flush|reset_db|sqlflush)\b(?P<rest>.*)"
)


_LINE_LIMIT = 2000


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report `flush` and `reset_db` without a question in every script that starts a server for production."""
    for script, starter in production_scripts(evidence):
        depth = 0
        for number, line in enumerate(script.text.splitlines(), 1):
            depth += _opens(line)
            found = _EMPTIES.fullmatch(line) if len(line) < _LINE_LIMIT else None
            asks_nobody = found is not None and re.search(r"--no-?input", found["rest"]) is not None
            if found and asks_nobody and depth <= 0:
                yield at_line(
                    script.path,
                    number,
                    f"every start of the container deletes all data: {found['verb']} empties the database before the server runs",
                    hint="remove the line: migrate keeps the data",
                    evidence=(starter,),
                )


def _opens(line: str) -> int:
    """Return how many conditions a line of a shell opens, or closes."""
    word = line.strip().split(" ")[0].rstrip(";")
    return {"if": 1, "case": 1, "fi": -1, "esac": -1}.get(word, 0)


RULE = Rule("A049", "database-emptied-at-start", "error", check)
