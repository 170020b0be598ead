"""The Python files that a server loads: its apps and their imports from the same project."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from functools import lru_cache

from enuf.doctor.evidence import AnyServer, AppServer, Evidence, PythonFile
from enuf.doctor.facts.module_names import module_names

_FILES_LIMIT = 200


def loaded_files(evidence: Evidence, server: AnyServer) -> tuple[PythonFile, ...]:
    """Return the sources that a server loads: its apps and their imports from the same project."""
    first = tuple(dict.fromkeys(server.python_files))
    return _closure(first, evidence.python_files, import_roots(server)) if first else ()


def import_roots(server: AnyServer) -> tuple[str, ...]:
    """Return the folders in which modules are looked up, as far as they are known."""
    roots = [server.directory]
    if isinstance(server, AppServer):
        return tuple(dict.fromkeys([*roots, *_above(server.python_file, server.module)]))
    for target in server.targets:
        if target.python_file and target.module:
            roots += _above(target.python_file, target.module)
        elif target.python_file:
            roots.append(posixpath.dirname(target.python_file.path))
    for option in server.config.all("pythonpath"):
        if not option.unresolved:
            roots.append(posixpath.normpath(posixpath.join(server.directory, option.value)))
    return tuple(dict.fromkeys(roots))


def _above(python_file: PythonFile | None, module: str) -> list[str]:
    """Return the folder from which a module's dotted name leads to its file, none for a file that is not here."""
    if python_file is None:
        return []
    path = python_file.path.removesuffix("/__init__.py").removesuffix(".py")
    for _ in module.split("."):
        path = posixpath.dirname(path)
    return [path]


@lru_cache(maxsize=32)
def _closure(
    first: tuple[PythonFile, ...], python_files: tuple[PythonFile, ...], roots: tuple[str, ...]
) -> tuple[PythonFile, ...]:
    paths = {python_file.path: python_file for python_file in python_files}
    reached = {python_file.path: python_file for python_file in first}
    waiting = list(first)
    while waiting and len(reached) < _FILES_LIMIT:
        python_file = waiting.pop(0)
        for module, level, names in module_names(python_file).modules:
            for path in _candidates(python_file, module, level, names, roots):
                if path in paths and path not in reached:
                    reached[path] = paths[path]
                    waiting.append(paths[path])
    return tuple(reached.values())


def _candidates(
    python_file: PythonFile, module: str, level: int, names: tuple[str, ...], roots: tuple[str, ...]
) -> Iterator[str]:
    folder = python_file.path
    for _ in range(level):
        folder = posixpath.dirname(folder)
    for base in (folder,) if level else roots:
        parts = module.split(".") if module else []
        stems = [posixpath.join(base, *parts[: index + 1]) for index in range(len(parts))]
        stems += [posixpath.join(base, *parts, name) for name in names if name != "*"]
        for stem in stems:
            yield f"{stem}.py"
            yield f"{stem}/__init__.py"
