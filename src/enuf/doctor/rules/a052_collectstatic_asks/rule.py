"""`collectstatic` without `--noinput` where nobody can answer: in the start of a container."""

from __future__ import annotations

import re
from collections.abc import Iterator

from enuf.doctor.evidence import Evidence, SourceFile
from enuf.doctor.facts.app_servers import service_is_dev
from enuf.doctor.facts.production_scripts import production_scripts
from enuf.doctor.rule import Diagnostic, Rule, at_line

_ASKS = re.compile(r"manage\.py[ \t\"',]+collectstatic\b(?![^;&|\n]*--(?:no-?input|help|dry-run))[^;&|\n]*")
_ANSWERED = re.compile(r"\byes\b|<<<|<[ \t]*/dev|\|\|[ \t]*true")
_LIMIT = 2000


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every such command of a compose file for production, and of a script that it starts."""
    files = [(each, "") for each in evidence.of_kind("compose") if _is_for_production(evidence, each)]
    for file, starter in (*files, *production_scripts(evidence)):
        yield from _of_file(file, starter)


def _is_for_production(evidence: Evidence, file: SourceFile) -> bool:
    services = [each for each in evidence.services if each.file == file.path]
    return bool(services) and not any(service_is_dev(each, evidence) for each in services)


def _of_file(file: SourceFile, starter: str) -> Iterator[Diagnostic]:
    lines = file.text.splitlines()
    for number, line in enumerate(lines, 1):
        whole = f"{line} {lines[number].strip()}" if line.endswith("\\") and number < len(lines) else line
        if len(whole) > _LIMIT or line.lstrip().startswith("#") or "collectstatic" not in line:
            continue
        if _ASKS.search(whole) and not _ANSWERED.search(whole):
            yield at_line(
                file.path,
                number,
                "collectstatic asks before it overwrites files, and nobody answers here: from the second start on it ends with EOFError",
                hint="python manage.py collectstatic --noinput",
                evidence=(starter,) if starter else (),
            )


RULE = Rule("A052", "collectstatic-asks", "warning", check)
