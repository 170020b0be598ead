"""The development server of Flask or Django as a service: one process, no limits, and not made for strangers."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from enuf.doctor.evidence import Evidence, SourceFile
from enuf.doctor.facts.service_units import services
from enuf.doctor.rule import Diagnostic, Rule, at_line, at_setting

_COMMAND = re.compile(r"\bmanage\.py[\"',\s]+runserver\b|\bflask\b[^\n;&|]{0,80}?[\"',\s]run\b(?![\w-])")
_SCRIPT = re.compile(r"\bpython[0-9.]*[\"',\s]+(?:-u[\"',\s]+)?(?P<file>[\w./-]+\.py)\b")
_FLASK = re.compile(r"^[ \t]*(?:from|import)[ \t]+flask\b", re.MULTILINE)
_RUNS = re.compile(r"^[ \t]*(?:app|application|\w+_app)\.run\(", re.MULTILINE)
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
            if _found(evidence, setting.value) and not _FOR_DEVELOPMENT.search(unit.name):
                yield at_setting(setting, _message(setting.value), hint=_HINT)
    for file in evidence.of_kind("supervisor"):
        yield from _lines(evidence, file, re.compile(r"^[ \t]*command[ \t]*="))
    if evidence.passes and not _is_served_otherwise(evidence):
        for file in evidence.of_kind("compose", "dockerfile"):
            if file.kind == "compose" and ("nginx" not in file.text or ".dev" in file.text):
                continue
            yield from _lines(
                evidence, file, re.compile(r"^[ \t]*(?:command:|entrypoint:|CMD\b|ENTRYPOINT\b)")
            )


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


def _found(evidence: Evidence, command: str) -> re.Match[str] | None:
    """Return the words that start a development server: `runserver`, `flask run`, or a source that calls `app.run()`."""
    found = _SCRIPT.search(command)
    named = [
        each
        for each in (evidence.python_files if found else ())
        if found and posixpath.basename(each.path) == posixpath.basename(found["file"])
    ]
    runs = len(named) == 1 and _FLASK.search(named[0].text) and _RUNS.search(named[0].text)
    return _COMMAND.search(command) or (found if runs else None)


def _lines(evidence: Evidence, file: SourceFile, start: re.Pattern[str]) -> Iterator[Diagnostic]:
    if _FOR_DEVELOPMENT.search("/".join(file.path.split("/")[-2:])):
        return
    for number, line in enumerate(file.text.splitlines(), 1):
        found = _found(evidence, line) if start.match(line) else None
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
    name = "runserver" if "runserver" in command else "flask run" if _COMMAND.search(command) else "app.run()"
    return f"{name} is the development server: its own manual says not to use it for a site, and one fault in it takes the site down"


RULE = Rule("S043", "development-server-in-service", "warning", check)
