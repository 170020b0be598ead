"""Settings inferred from a project's other server configuration, for `enuf init`."""

from __future__ import annotations

import ast
import io
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec
from dotenv import dotenv_values

from enuf.discover.serve_command import ServeOptions, number, read_command, served_by_uwsgi
from enuf.discover.source import is_file, quiet_parse
from enuf.discover.target import parse_target
from enuf.errors import AppNotFound

_READ_LIMIT_BYTES = 256 * 1024
_FLASK_APP_LINE = re.compile(r"\s*(?:export\s+)?FLASK_APP\s*=")
_VALUES = ("target", "processes", "threads", "timeout_s")


class Inferred(msgspec.Struct, frozen=True, kw_only=True):
    """The inferred values, None where unknown, and their sources in words."""

    target: str | None = None
    processes: int | None = None
    threads: int | None = None
    timeout_s: int | None = None
    sources: tuple[str, ...] = ()
    """`target: Procfile`, `processes: uwsgi.ini`; one for each value."""


def infer(project: Path, environ: Mapping[str, str]) -> Inferred:
    """Infer target, processes, threads and timeout from FLASK_APP, Procfile, uwsgi.ini and gunicorn.conf.py.

    The first source with a value wins. No code is imported or run, and no content of a file raises an
    exception.
    """
    inferred: dict[str, str | int] = {}
    origins: dict[str, str] = {}
    for name, served in _sources(project, environ):
        for value_name in _VALUES:
            value = getattr(served, value_name)
            if value_name == "target" and value is not None:
                value = _target_here(project, value)
            if value is not None and value_name not in inferred:
                inferred[value_name] = value
                origins[value_name] = name
    labels = {"timeout_s": "timeout"}
    words = tuple(f"{labels.get(name, name)}: {origins[name]}" for name in _VALUES if name in origins)
    return msgspec.convert({**inferred, "sources": words}, Inferred)


def _sources(project: Path, environ: Mapping[str, str]) -> Iterator[tuple[str, ServeOptions]]:
    """Return the values of each source, the most reliable first; .env before .flaskenv, as in Flask."""
    yield "FLASK_APP in the environment", ServeOptions(target=environ.get("FLASK_APP") or None)
    for name in (".env", ".flaskenv"):
        yield f"FLASK_APP in {name}", ServeOptions(target=_flask_app_in(project / name))
    command = _web_process(_read(project / "Procfile"))
    yield "Procfile", command
    ini, conf = "uwsgi.ini", "gunicorn.conf.py"
    if command.server == "uwsgi":
        ini = command.file or ini
    if command.server == "gunicorn":
        conf = (command.file or conf).removeprefix("file:")
    yield ini, _uwsgi_ini(_read(project / ini))
    yield conf, _gunicorn_conf(_read(project / conf))
    if is_file(project / "wsgi.py"):
        yield "wsgi.py", ServeOptions(target="wsgi.py")


def _target_here(project: Path, text: str) -> str | None:
    """Return the target as seen from this project; None if it is no target, or a file of another machine."""
    try:
        place = parse_target(text).place
    except AppNotFound:
        return None
    if any(char in text for char in "$%"):  # a placeholder that only the other program replaces
        return None
    if not place.startswith("/") or is_file(Path(place)):
        return text
    name = place.rpartition("/")[2]
    return name + text[len(place) :] if is_file(project / name) else None


def _read(file: Path) -> str:
    """Return the beginning of a text file; empty if the file is missing or not readable."""
    try:
        if not is_file(file):
            return ""
        with file.open("rb") as stream:
            return stream.read(_READ_LIMIT_BYTES).decode("utf-8-sig", "replace")
    except (OSError, ValueError):
        return ""


def _flask_app_in(file: Path) -> str | None:
    """Return FLASK_APP as python-dotenv reads it. No other line of the file is evaluated."""
    lines = [line for line in _read(file).splitlines() if _FLASK_APP_LINE.match(line)]
    return dotenv_values(stream=io.StringIO("\n".join(lines)), interpolate=False).get("FLASK_APP") or None


def _web_process(procfile: str) -> ServeOptions:
    for line in procfile.splitlines():
        name, colon, command = line.partition(":")
        if colon and name.strip() == "web":
            return read_command(command)
    return ServeOptions()


def _uwsgi_ini(text: str) -> ServeOptions:
    """Read the section [uwsgi] line by line: uWSGI has no inline comments and no continuation lines."""
    options: dict[str, str] = {}
    section = ""
    for line in map(str.strip, text.splitlines()):
        if line.startswith("["):
            section = line.strip("[]").strip()
        elif section == "uwsgi" and line and line[0] not in ";#":
            name, _, value = line.partition("=")
            options[name.strip()] = value.strip()
    return served_by_uwsgi({name: value for name, value in options.items() if value})


def _gunicorn_conf(text: str) -> ServeOptions:
    """Read the literals at the top level of a gunicorn.conf.py, without running the file."""
    tree = quiet_parse(text)
    literals: dict[str, object] = {}
    for statement in tree.body if isinstance(tree, ast.Module) else []:
        if isinstance(statement, ast.Assign):
            names, value = statement.targets, statement.value
        elif isinstance(statement, ast.AnnAssign) and statement.value is not None:
            names, value = [statement.target], statement.value
        else:
            continue
        constant = value.value if isinstance(value, ast.Constant) else None
        literals.update({name.id: constant for name in names if isinstance(name, ast.Name)})
    target = literals.get("wsgi_app")
    numbers = {name: number(str(literals.get(name))) for name in ("workers", "threads", "timeout")}
    return ServeOptions(
        target=target if isinstance(target, str) else None,
        processes=numbers["workers"],
        threads=numbers["threads"],
        timeout_s=numbers["timeout"],
    )
