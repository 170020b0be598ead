"""A wsgi-file in a folder that is not on sys.path, which imports its neighbours."""

from __future__ import annotations

import ast
import posixpath
from collections.abc import Iterator

from enuf.doctor.evidence import AppTarget, Evidence, Program, Server
from enuf.doctor.facts.programs import on_import
from enuf.doctor.rule import Rule, Sign, add_options, at_option


def check(evidence: Evidence) -> Iterator[Sign]:
    """Every wsgi-file below the app's folder that imports a module from beside itself."""
    paths = {program.path for program in evidence.programs}
    for server in evidence.servers:
        for target in server.targets:
            program = target.program
            if (
                not target.file
                or program is None
                or target.guessed
                or not _looks_only_at_known_folders(server, program)
            ):
                continue
            folder = posixpath.dirname(program.path)
            searched = _searched(server)
            if folder not in searched:
                name = next(
                    (each for each in _imports(program) if _is_only_in(each, folder, searched, paths)), ""
                )
                if name:
                    yield _sign(server, target, folder, name)


def _looks_only_at_known_folders(server: Server, program: Program) -> bool:
    environ = server.start.environ if server.start else {}
    return server.config.is_whole and "sys.path" not in program.text and "PYTHONPATH" not in environ


def _searched(server: Server) -> list[str]:
    given = [option.value for option in server.config.all("pythonpath")]
    return [server.directory, *(posixpath.normpath(posixpath.join(server.directory, each)) for each in given)]


def _imports(program: Program) -> Iterator[str]:
    """The first names of what the module imports outside of any try."""
    guarded = {
        id(each) for node in on_import(program) if isinstance(node, ast.Try) for each in ast.walk(node)
    }
    for statement in on_import(program):
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


def _sign(server: Server, target: AppTarget, folder: str, name: str) -> Sign:
    inside = posixpath.relpath(folder, posixpath.dirname(server.config.home))
    line = f"pythonpath = %d{inside}" if not inside.startswith("..") else f"pythonpath = {folder}"
    return at_option(
        target.option,
        f"{target.file} imports `{name}` from beside itself, but uWSGI does not put {folder} on sys.path: every request gets 500",
        hint=line,
        fix=add_options(server.config, line),
    )


RULE = Rule("U012", "wsgi-file-in-subdir-imports", "error", check)
