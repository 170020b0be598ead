"""What the names in a Python module stand for: imports, top-level values, functions and classes."""

from __future__ import annotations

import ast
import posixpath
from collections.abc import Iterator, Sequence
from functools import lru_cache

import msgspec

from enuf.doctor.evidence import Program
from enuf.doctor.facts.programs import dotted


class Names(msgspec.Struct, frozen=True):
    """What a module's imports and top level call by which name."""

    imports: dict[str, str]
    """Local name -> full dotted name: `pg` -> `psycopg2`, `connect` -> `psycopg2.connect`."""
    values: dict[str, ast.expr]
    """Top-level name -> the last value that was written to it."""
    functions: dict[str, ast.FunctionDef]
    classes: dict[str, ast.ClassDef]
    modules: tuple[tuple[str, int, tuple[str, ...]], ...]
    """Every import: module, level, names taken from it."""


@lru_cache(maxsize=512)
def names_of(program: Program) -> Names:
    """The names of a program, imports inside of functions included."""
    found = Names({}, {}, {}, {}, ())
    modules: list[tuple[str, int, tuple[str, ...]]] = []
    for node in ast.walk(program.tree) if program.tree else ():
        if isinstance(node, ast.Import):
            for alias in node.names:
                found.imports[alias.asname or alias.name.partition(".")[0]] = (
                    alias.name if alias.asname else alias.name.partition(".")[0]
                )
                modules.append((alias.name, 0, ()))
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            modules.append((node.module or "", node.level, tuple(alias.name for alias in node.names)))
            for alias in node.names:
                found.imports[alias.asname or alias.name] = f"{module}.{alias.name}"
    for statement in _top(program):
        if isinstance(statement, ast.Assign | ast.AnnAssign) and statement.value is not None:
            targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
            found.values.update({each.id: statement.value for each in targets if isinstance(each, ast.Name)})
        elif isinstance(statement, ast.FunctionDef):
            found.functions[statement.name] = statement
        elif isinstance(statement, ast.ClassDef):
            found.classes[statement.name] = statement
    return Names(found.imports, found.values, found.functions, found.classes, tuple(modules))


def _top(program: Program) -> Iterator[ast.stmt]:
    """The statements of the top level, also those below if, try and with."""
    stack: list[ast.stmt] = list(reversed(program.tree.body)) if program.tree else []
    while stack:
        statement = stack.pop()
        yield statement
        if not isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            for name in ("orelse", "body"):
                stack += [
                    each for each in reversed(getattr(statement, name, [])) if isinstance(each, ast.stmt)
                ]


def full_name(program: Program, node: ast.AST) -> str:
    """The dotted name of an expression with its import filled in: `pg.connect` -> `psycopg2.connect`."""
    first, dot, rest = dotted(node).partition(".")
    return names_of(program).imports.get(first, first) + dot + rest if first else ""


def spelled(node: ast.expr) -> str:
    """A call's target as a reader finds it: the dotted name, or its last part."""
    return dotted(node) or (node.attr if isinstance(node, ast.Attribute) else "the call")


def origin_of(program: Program, name: str, programs: Sequence[Program]) -> tuple[Program, str] | None:
    """The program and the name in it that an imported dotted name comes from."""
    module, _, last = name.rpartition(".")
    other = by_module(program, module, programs) if module else None
    return (other, last) if other else None


def function_of(
    program: Program, node: ast.expr, programs: Sequence[Program]
) -> tuple[Program, ast.FunctionDef | ast.ClassDef] | None:
    """The function or class of the app that a call leads to."""
    names = names_of(program)
    if isinstance(node, ast.Name) and (own := names.functions.get(node.id) or names.classes.get(node.id)):
        return program, own
    origin = origin_of(program, full_name(program, node), programs)
    if origin is None:
        return None
    there = names_of(origin[0])
    found = there.functions.get(origin[1]) or there.classes.get(origin[1])
    return (origin[0], found) if found else None


def by_module(program: Program, module: str, programs: Sequence[Program]) -> Program | None:
    """The program that this import names, relative ones from where it stands."""
    level = len(module) - len(module.lstrip("."))
    tail = module[level:].replace(".", "/")
    if level:
        folder = program.path
        for _ in range(level):
            folder = posixpath.dirname(folder)
        wanted = [posixpath.join(folder, tail)] if tail else [folder]
    else:
        wanted = [f"/{tail}"]
    for each in programs:
        stem = each.path.removesuffix("/__init__.py").removesuffix(".py")
        if (level and stem in wanted) or (not level and stem.endswith(wanted[0])):
            return each
    return None
