"""The Python files that a uWSGI loads: its apps and what they import of the same project."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from functools import lru_cache

from enuf.doctor.evidence import Evidence, Program, Server
from enuf.doctor.facts.module_names import names_of

_PROGRAMS_LIMIT = 200


def loaded(evidence: Evidence, server: Server) -> tuple[Program, ...]:
    """The sources that a server loads: its apps and what they import of the same project."""
    first = tuple(dict.fromkeys(server.programs))
    return _closure(first, evidence.programs, import_roots(server)) if first else ()


def import_roots(server: Server) -> tuple[str, ...]:
    """The folders that modules are looked up in, as far as they are known."""
    roots = [server.directory]
    for target in server.targets:
        if target.program and target.module:
            path = target.program.path.removesuffix("/__init__.py").removesuffix(".py")
            for _ in target.module.split("."):
                path = posixpath.dirname(path)
            roots.append(path)
        elif target.program:
            roots.append(posixpath.dirname(target.program.path))
    for option in server.config.all("pythonpath"):
        if not option.open:
            roots.append(posixpath.normpath(posixpath.join(server.directory, option.value)))
    return tuple(dict.fromkeys(roots))


@lru_cache(maxsize=32)
def _closure(
    first: tuple[Program, ...], programs: tuple[Program, ...], roots: tuple[str, ...]
) -> tuple[Program, ...]:
    paths = {program.path: program for program in programs}
    found = {program.path: program for program in first}
    waiting = list(first)
    while waiting and len(found) < _PROGRAMS_LIMIT:
        program = waiting.pop(0)
        for module, level, names in names_of(program).modules:
            for path in _candidates(program, module, level, names, roots):
                if path in paths and path not in found:
                    found[path] = paths[path]
                    waiting.append(paths[path])
    return tuple(found.values())


def _candidates(
    program: Program, module: str, level: int, names: tuple[str, ...], roots: tuple[str, ...]
) -> Iterator[str]:
    folder = program.path
    for _ in range(level):
        folder = posixpath.dirname(folder)
    for base in (folder,) if level else roots:
        parts = module.split(".") if module else []
        stems = [posixpath.join(base, *parts[: number + 1]) for number in range(len(parts))]
        stems += [posixpath.join(base, *parts, name) for name in names if name != "*"]
        for stem in stems:
            yield f"{stem}.py"
            yield f"{stem}/__init__.py"
