"""Settings inferred from a project's other server configuration, for `enuf init`."""

from __future__ import annotations

import io
import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import msgspec
from dotenv import dotenv_values

from enuf.discover.gunicorn_settings import (
    GunicornSetting,
    GunicornSettings,
    read_gunicorn_file,
    read_gunicorn_words,
)
from enuf.discover.project_units import SYSTEM_FOLDERS, units_of_project
from enuf.discover.running_servers import running_servers
from enuf.discover.serve_command import ServeOptions, gunicorn_options, read_command
from enuf.discover.server_words import ServerWords
from enuf.discover.source import is_file
from enuf.discover.target import parse_target
from enuf.discover.uwsgi_files import (
    read_text,
    read_uwsgi_file,
    read_uwsgi_words,
    served_by_config,
    uwsgi_files,
)
from enuf.errors import AppNotFound
from enuf.syntax.procfile import WEB_PROCESS, procfile_lines

_GUNICORN_FILE = "gunicorn.conf.py"
_FLASK_APP_LINE = re.compile(r"\s*(?:export\s+)?FLASK_APP\s*=")
_VALUES = ("target", "processes", "threads", "timeout_s")
_LABELS = {"timeout_s": "timeout"}

_Source = tuple[str, ServeOptions]


class Inferred(msgspec.Struct, frozen=True, kw_only=True):
    """The inferred values, None where unknown, and their sources in words."""

    target: str | None = None
    processes: int | None = None
    threads: int | None = None
    timeout_s: int | None = None
    sources: tuple[str, ...] = ()
    """`target: Procfile`, `processes: uwsgi.ini`; one for each value."""
    unused: tuple[str, ...] = ()
    """Files of the project that configure an app server too, and were not taken."""


def infer(
    project: Path, environ: Mapping[str, str], *, unit_folders: Sequence[Path] = SYSTEM_FOLDERS
) -> Inferred:
    """Infer target, processes, threads and timeout from FLASK_APP, what runs now, units, Procfile, ini files and gunicorn's.

    The first source with a value wins. No code is imported or run, and no content of a file raises an
    exception.
    """
    inferred: dict[str, str | int] = {}
    origins: dict[str, str] = {}
    inis = uwsgi_files(project)
    for name, served in _sources(project, environ, unit_folders, [ini for ini, _ in inis]):
        for value_name in _VALUES:
            value = getattr(served, value_name)
            if value_name == "target" and value is not None:
                value = _target_here(project, value)
            if value is not None and value_name not in inferred:
                inferred[value_name] = value
                origins[value_name] = name
    words = tuple(f"{_LABELS.get(name, name)}: {origins[name]}" for name in _VALUES if name in origins)
    used = {part for origin in origins.values() for part in origin.split(", ")}
    unused = tuple(name for name, _ in inis if name not in used)
    return msgspec.convert({**inferred, "sources": words, "unused": unused}, Inferred)


def _sources(
    project: Path, environ: Mapping[str, str], unit_folders: Sequence[Path], inis: Sequence[str]
) -> Iterator[_Source]:
    """Yield the values of each source, the most reliable first; .env before .flaskenv, as in Flask."""
    yield "FLASK_APP in the environment", ServeOptions(target=environ.get("FLASK_APP") or None)
    for name in (".env", ".flaskenv"):
        yield f"FLASK_APP in {name}", ServeOptions(target=_flask_app_in(project / name))
    command = _web_process(read_text(project / "Procfile"))
    started = list(_started(project, unit_folders))
    yield from started
    yield "Procfile", command
    # Values of two servers do not go together: of several ini files one is read.
    ini = command.file if command.server == "uwsgi" and command.file else next(iter(inis), None)
    if ini is not None and not started:
        yield ini, served_by_config(read_uwsgi_file(project / ini, project), str(project))
    conf = command.file if command.server == "gunicorn" and command.file else _GUNICORN_FILE
    conf = conf.removeprefix("file:")
    if not started:
        settings = read_gunicorn_file(read_text(project / conf), conf)
        yield conf, served_by_gunicorn(settings, str(project), str(project))
    if is_file(project / "wsgi.py"):
        yield "wsgi.py", ServeOptions(target="wsgi.py")


def _started(project: Path, unit_folders: Sequence[Path]) -> Iterator[_Source]:
    """Yield what the server says that runs for the project, else the unit that would start one."""
    for server in running_servers(project):
        if server.words:
            label = f"the running {server.program} (pid {server.pid})"
            words = ServerWords(program=server.program, arguments=server.words)
            yield from _served(words, server.directory, label, project)
            return
    for name, start in units_of_project(project, unit_folders):
        yield from _served(start.server, start.directory or str(project), name, project)
        return


def _served(words: ServerWords, directory: str, label: str, project: Path) -> Iterator[_Source]:
    """Yield the values of a command line, and those of the files that it names, under the names of both."""
    if words.program == "uwsgi":
        config = read_uwsgi_words(words.arguments, directory, label)
        named = [_name_in(project, path) for path in config.files]
        yield ", ".join([label, *named]), served_by_config(config, str(project))
        return
    settings, conf = gunicorn_settings(words.arguments, directory, label)
    name = f"{label}, {_name_in(project, str(conf))}" if is_file(conf) else label
    yield name, served_by_gunicorn(settings, directory, str(project))


def gunicorn_settings(
    words: Sequence[str], directory: str, place: str
) -> tuple[dict[str, GunicornSetting], Path]:
    """Return the settings in force of a gunicorn that is started in a folder, and the path of its configuration file.

    Those of the command line win over those of the file, which need not be there.
    """
    of_words = read_gunicorn_words(words, place)
    named = of_words["config"].text.removeprefix("file:") if "config" in of_words else _GUNICORN_FILE
    conf = Path(posixpath.join(directory, named))
    return {**read_gunicorn_file(read_text(conf), str(conf)), **of_words}, conf


def _name_in(project: Path, path: str) -> str:
    return path.removeprefix(f"{project}/")


def served_by_gunicorn(settings: GunicornSettings, directory: str, project: str) -> ServeOptions:
    """Return what gunicorn serves by these settings, as seen from the project."""
    chdir = settings.get("chdir")
    folder = posixpath.normpath(posixpath.join(directory, chdir.text if chdir else ""))
    inside = f"{folder}/".startswith(f"{project.rstrip('/')}/") and folder != project
    return gunicorn_options(settings, posixpath.relpath(folder, project) if inside else None)


def _target_here(project: Path, text: str) -> str | None:
    """Return the target as seen from this project; None if it is no target, or a file of another machine."""
    try:
        place = parse_target(text).place
    except AppNotFound:
        return None
    if any(char in text for char in "$%"):  # a placeholder that only the other program replaces
        return None
    if place.startswith(f"{project}/") and is_file(Path(place)):
        return text.removeprefix(f"{project}/")
    if not place.startswith("/") or is_file(Path(place)):
        return text
    name = place.rpartition("/")[2]
    return name + text[len(place) :] if is_file(project / name) else None


def _flask_app_in(file: Path) -> str | None:
    """Return FLASK_APP as python-dotenv reads it. No other line of the file is evaluated."""
    lines = [line for line in read_text(file).splitlines() if _FLASK_APP_LINE.match(line)]
    return dotenv_values(stream=io.StringIO("\n".join(lines)), interpolate=False).get("FLASK_APP") or None


def _web_process(procfile: str) -> ServeOptions:
    for line in procfile_lines(procfile):
        if line.name == WEB_PROCESS:
            return read_command(line.command)
    return ServeOptions()
