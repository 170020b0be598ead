"""The development server of Flask or Django as a service: one process, no limits, and not made for strangers."""

from __future__ import annotations

import re
from collections.abc import Iterator

from enuf.doctor.evidence import Evidence, SourceFile
from enuf.doctor.facts.service_units import services
from enuf.doctor.rule import Diagnostic, Rule, at_line, at_setting

_COMMAND = re.compile(r"\bmanage\.py[\"',\s]+runserver\b|\bflask\b[^\n;&|]{0,80}?[\"',\s]run\b(?![\w-])")
_FOR_DEVELOPMENT = re.compile(
    r"(?<![a-z])(?:dev|devel|development|local|debug|test|override|example)(?![a-z])", re.IGNORECASE
)
_PRODUCTION = re.compile(r"\b(?:gunicorn|uwsgi|uvicorn|hypercorn|daphne|granian|waitress-serve|mod_wsgi)\b")
_INSTALLS = re.compile(r"\b(?:pip3?|uv|poetry|pipenv|conda|apt|apt-get|apk|dnf|yum)\b.*\b(?:install|add)\b")
_HINT = "gunicorn or uWSGI behind nginx: gunicorn --workers 2 --threads 4 app:app"


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report development servers in units and supervisor programs, and in containers that nginx stands in front of."""
    for unit in services(evidence):
        for setting in unit.all("ExecStart"):
            if _COMMAND.search(setting.value) and not _FOR_DEVELOPMENT.search(unit.name):
                yield at_setting(setting, _message(setting.value), hint=_HINT)
    for file in evidence.of_kind("supervisor"):
        yield from _lines(file, re.compile(r"^[ \t]*command[ \t]*="))
    if evidence.passes and not _is_served_otherwise(evidence):
        for file in evidence.of_kind("compose", "dockerfile"):
            if file.kind == "compose" and ("nginx" not in file.text or ".dev" in file.text):
                continue
            yield from _lines(file, re.compile(r"^[ \t]*(?:command:|entrypoint:|CMD\b|ENTRYPOINT\b)"))


def _is_served_otherwise(evidence: Evidence) -> bool:
    """Return True if another file starts a server for production: this one is then for development."""
    files = evidence.of_kind("compose", "dockerfile", "script", "procfile", "supervisor", "unit")
    for_production = any("prod" in file.path.rpartition("/")[2] for file in evidence.of_kind("compose"))
    return (
        for_production
        or bool(evidence.servers)
        or any(_PRODUCTION.search(_without_comments(file.text)) for file in files)
    )


def _without_comments(text: str) -> str:
    """Return a text without its comments and what it installs: a server that is installed need not be started."""
    return "\n".join(
        line for line in text.splitlines() if not line.lstrip().startswith("#") and not _INSTALLS.search(line)
    )


def _lines(file: SourceFile, start: re.Pattern[str]) -> Iterator[Diagnostic]:
    if _FOR_DEVELOPMENT.search("/".join(file.path.split("/")[-2:])):
        return
    for number, line in enumerate(file.text.splitlines(), 1):
        found = _COMMAND.search(line) if start.match(line) else None
        if found:
            yield at_line(
                file.path,
                number,
                _message(line),
                found.start() + 1,
                min(found.end(), len(line)) + 1,
                hint=_HINT,
            )


def _message(command: str) -> str:
    name = "runserver" if "runserver" in command else "flask run"
    return f"{name} is the development server: its own manual says not to use it for a site, and one fault in it takes the site down"


RULE = Rule("S043", "development-server-in-service", "warning", check)
