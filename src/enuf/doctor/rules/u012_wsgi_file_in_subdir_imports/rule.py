"""A wsgi-file that imports its neighbours from a folder that is not on sys.path."""

from __future__ import annotations

import ast
import posixpath
from collections.abc import Iterator

from enuf.doctor.evidence import AppTarget, Evidence, PythonFile, Server
from enuf.doctor.facts.python_import import on_import
from enuf.doctor.rule import Diagnostic, Rule, add_options, at_option


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every wsgi-file below the app's folder that imports a module of its own folder."""
    paths = {python_file.path for python_file in evidence.python_files}
    for server in evidence.servers:
        for target in server.targets:
            python_file = target.python_file
            if (
                not target.file
                or python_file is None
                or target.guessed
                or not _looks_only_at_known_folders(server, target, python_file)
            ):
                continue
            folder = posixpath.dirname(python_file.path)
            searched = _searched(server)
            written = posixpath.dirname(posixpath.normpath(posixpath.join(server.directory, target.file)))
            if folder not in searched and written not in searched:
                name = next(
                    (each for each in _imports(python_file) if _is_only_in(each, folder, searched, paths)), ""
                )
                if name:
                    yield _diagnostic(server, target, folder, name)


def _looks_only_at_known_folders(server: Server, target: AppTarget, python_file: PythonFile) -> bool:
    if not server.directory_known and target.file.startswith("/"):
        return False  # uWSGI looks into the folder that it starts in, and nothing says which one that is
    environ = server.start.environ if server.start else {}
    return server.config.is_complete and "sys.path" not in python_file.text and "PYTHONPATH" not in environ


def _searched(server: Server) -> list[str]:
    given = [option.value for option in server.config.all("pythonpath")]
    folders = [
        server.directory,
        *(posixpath.normpath(posixpath.join(server.directory, each)) for each in given),
    ]
    behind = [found for machine in server.machines for each in folders if (found := machine.source(each))]
    return [*folders, *behind]


def _imports(python_file: PythonFile) -> Iterator[str]:
    """Yield the top-level names of the modules that a file imports outside of any try."""
    guarded = {
        id(each) for node in on_import(python_file) if isinstance(node, ast.Try) for each in ast.walk(node)
    }
    for statement in on_import(python_file):
        if id(statement) in guarded:
            continue
        if isinstance(statement, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in statement.names)
        elif isinstance(statement, ast.ImportFrom) and statement.level == 0 and statement.module:
            yield statement.module.partition(".")[0]


def _is_only_in(name: str, folder: str, searched: list[str], paths: set[str]) -> bool:
    def lies_in(place: str) -> bool:
        return f"{place}/{name}.py" in paths or f"{place}/{name}/__init__.py" in paths

    return lies_in(folder) and not any(lies_in(place) for place in searched)


def _diagnostic(server: Server, target: AppTarget, folder: str, name: str) -> Diagnostic:
    inside = posixpath.relpath(folder, posixpath.dirname(server.config.main_file))
    line = f"pythonpath = %d{inside}" if not inside.startswith("..") else f"pythonpath = {folder}"
    return at_option(
        target.option,
        f"{target.file} imports `{name}` from its own folder, but uWSGI does not put {folder} on sys.path: every request gets 500",
        hint=line,
        fix=add_options(server.config, line),
    )


RULE = Rule("U012", "wsgi-file-in-subdir-imports", "error", check)
