"""The meaning of names in a Python module: imports, top-level values, functions and classes."""

from __future__ import annotations

import ast
import posixpath
from collections.abc import Iterator, Sequence
from functools import lru_cache

import msgspec

from enuf.doctor.evidence import PythonFile
from enuf.doctor.facts.python_import import dotted


class NameBindings(msgspec.Struct, frozen=True):
    """The names that a module's imports and top level bind."""

    imports: dict[str, str]
    """Local name to full dotted name: `pg` to `psycopg2`, `connect` to `psycopg2.connect`."""
    values: dict[str, ast.expr]
    """Top-level name to the last value assigned to it."""
    functions: dict[str, ast.FunctionDef]
    classes: dict[str, ast.ClassDef]
    modules: tuple[tuple[str, int, tuple[str, ...]], ...]
    """Every import: module, level, names imported from it."""


@lru_cache(maxsize=512)
def module_names(python_file: PythonFile) -> NameBindings:
    """Return the names of a Python file, imports inside functions included."""
    result = NameBindings({}, {}, {}, {}, ())
    modules: list[tuple[str, int, tuple[str, ...]]] = []
    for node in python_file.nodes:
        if isinstance(node, ast.Import):
            for alias in node.names:
                result.imports[alias.asname or alias.name.partition(".")[0]] = (
                    alias.name if alias.asname else alias.name.partition(".")[0]
                )
                modules.append((alias.name, 0, ()))
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            modules.append((node.module or "", node.level, tuple(alias.name for alias in node.names)))
            for alias in node.names:
                result.imports[alias.asname or alias.name] = f"{module}.{alias.name}"
    for statement in _top(python_file):
        if isinstance(statement, ast.Assign | ast.AnnAssign) and statement.value is not None:
            targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
            result.values.update({each.id: statement.value for each in targets if isinstance(each, ast.Name)})
        elif isinstance(statement, ast.FunctionDef):
            result.functions[statement.name] = statement
        elif isinstance(statement, ast.ClassDef):
            result.classes[statement.name] = statement
    return NameBindings(result.imports, result.values, result.functions, result.classes, tuple(modules))


def _top(python_file: PythonFile) -> Iterator[ast.stmt]:
    """Yield the statements of the top level, also those below if, try and with."""
    stack: list[ast.stmt] = list(reversed(python_file.tree.body)) if python_file.tree else []
    while stack:
        statement = stack.pop()
        yield statement
        if not isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            for name in ("orelse", "body"):
                stack += [
                    each for each in reversed(getattr(statement, name, [])) if isinstance(each, ast.stmt)
                ]


def full_name(python_file: PythonFile, node: ast.AST) -> str:
    """Return the dotted name of an expression with its import resolved: `pg.connect` by `psycopg2`'s name."""
    first, dot, rest = dotted(node).partition(".")
    return module_names(python_file).imports.get(first, first) + dot + rest if first else ""


def call_name(node: ast.expr) -> str:
    """Return the target of a call as readers see it: the dotted name, else its last part."""
    return dotted(node) or (node.attr if isinstance(node, ast.Attribute) else "the call")


def origin_of(
    python_file: PythonFile, name: str, python_files: Sequence[PythonFile]
) -> tuple[PythonFile, str] | None:
    """Return the file, and the name in it, that an imported dotted name comes from; None if unknown."""
    module, _, last = name.rpartition(".")
    other = file_of_module(python_file, module, python_files) if module else None
    return (other, last) if other else None


def function_of(
    python_file: PythonFile, node: ast.expr, python_files: Sequence[PythonFile]
) -> tuple[PythonFile, ast.FunctionDef | ast.ClassDef] | None:
    """Return the app's function or class that a call leads to, with its file; None if unknown."""
    names = module_names(python_file)
    if isinstance(node, ast.Name) and (own := names.functions.get(node.id) or names.classes.get(node.id)):
        return python_file, own
    origin = origin_of(python_file, full_name(python_file, node), python_files)
    if origin is None:
        return None
    there = module_names(origin[0])
    definition = there.functions.get(origin[1]) or there.classes.get(origin[1])
    return (origin[0], definition) if definition else None


def file_of_module(
    python_file: PythonFile, module: str, python_files: Sequence[PythonFile]
) -> PythonFile | None:
    """Return the file that an import names, None if it is not there.

    Relative names count from `python_file`.
    """
    level = len(module) - len(module.lstrip("."))
    tail = module[level:].replace(".", "/")
    if level:
        folder = python_file.path
        for _ in range(level):
            folder = posixpath.dirname(folder)
        wanted = [posixpath.join(folder, tail)] if tail else [folder]
    else:
        wanted = [f"/{tail}"]
    for each in python_files:
        stem = each.path.removesuffix("/__init__.py").removesuffix(".py")
        if (level and stem in wanted) or (not level and stem.endswith(wanted[0])):
            return each
    return None
