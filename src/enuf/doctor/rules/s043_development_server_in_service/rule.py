"""The development server of Flask or Django as a service: one process, no limits, and not made for strangers."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator
from functools import partial

from enuf.doctor.container import ComposeService
from enuf.doctor.evidence import Evidence, SourceFile
from enuf.doctor.facts.service_units import services
from enuf.doctor.machine import run_together
from enuf.doctor.rule import Diagnostic, Rule, at_line, at_setting
from enuf.model.address import TcpAddress

_COMMAND = re.compile(r"\bmanage\.py[\"',\s]+runserver\b|\bflask\b[^\n;&|]{0,80}?[\"',\s]run\b(?![\w-])")
_START_OF_CONTAINER = re.compile(r"^[ \t]*(?:command:|entrypoint:|CMD\b|ENTRYPOINT\b)")
_SCRIPT = re.compile(r"\bpython[0-9.]*[\"',\s]+(?:-u[\"',\s]+)?(?P<file>[\w./-]+\.py)\b")
_FLASK = re.compile(r"^[ \t]*(?:from|import)[ \t]+flask\b", re.MULTILINE)
_RUNS = re.compile(r"^[ \t]*(?:app|application|\w+_app)\.run\(", re.MULTILINE)
_FOR_DEVELOPMENT = re.compile(
    r"(?<![a-z])(?:dev|devel|development|local|debug|test|override|example)(?![a-z])", re.IGNORECASE
)
_FOR_PRODUCTION = re.compile(r"(?<![a-z])(?:prod|production|deploy|live)(?![a-z])", re.IGNORECASE)
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
        yield from _lines(file, re.compile(r"^[ \t]*command[ \t]*="), partial(_found, evidence))
    if not evidence.passes:
        return
    if _is_served_otherwise(evidence):
        yield from _of_production(evidence)
        return
    for file in evidence.of_kind("compose", "dockerfile"):
        if file.kind == "dockerfile" or ("nginx" in file.text and ".dev" not in file.text):
            yield from _lines(file, _START_OF_CONTAINER, _COMMAND.search)


def _of_production(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report the development servers behind nginx in compose files for production, where other files start other servers."""
    seen: set[tuple[str, str]] = set()
    for each in evidence.passes:
        address = each.address
        for _, far in run_together(each.machines, evidence.machines):
            service = far.service
            found = _COMMAND.search(" ".join(far.command))
            if service is None or found is None or (far.deployment, far.name) in seen:
                continue
            if not isinstance(address, TcpAddress) or address.host not in far.names:
                continue
            if _is_for_production(evidence, service):
                seen.add((far.deployment, far.name))
                command = service.node.at("command") or service.node.at("entrypoint")
                yield at_line(
                    service.file, command.line if command else service.line, _message(found[0]), hint=_HINT
                )


def _is_for_production(evidence: Evidence, service: ComposeService) -> bool:
    """Return True for a file named for production, or the plain one beside a file named for development."""
    name = posixpath.basename(service.file)
    if _FOR_PRODUCTION.search(name):
        return True
    folder = posixpath.dirname(service.file)
    files = {each.file for each in evidence.services if posixpath.dirname(each.file) == folder}
    others = {posixpath.basename(each) for each in files} - {name}
    is_plain = name in ("docker-compose.yml", "docker-compose.yaml", "compose.yml", "compose.yaml")
    return (
        is_plain
        and any(_FOR_DEVELOPMENT.search(each) for each in others)
        and not any(_FOR_PRODUCTION.search(each) for each in others)
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


def _lines(
    file: SourceFile, start: re.Pattern[str], find: Callable[[str], re.Match[str] | None]
) -> Iterator[Diagnostic]:
    if _FOR_DEVELOPMENT.search("/".join(file.path.split("/")[-2:])):
        return
    for number, line in enumerate(file.text.splitlines(), 1):
        found = find(line) if start.match(line) else None
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
