"""What a uWSGI loads of the app and what runs while it does so: over imports and calls, told from the trees alone."""

from __future__ import annotations

import ast
import posixpath
from collections.abc import Iterator, Sequence
from functools import lru_cache

import msgspec

from enuf.doctor.evidence import Evidence, Program, Server
from enuf.doctor.facts.programs import dotted, is_main_guard

STEPS_LIMIT = 20_000
_PROGRAMS_LIMIT = 200
_DEPTH_LIMIT = 80

Body = ast.FunctionDef | ast.Module | ast.ClassDef


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """A statement or a call that is reached while uWSGI loads the app."""

    program: Program
    node: ast.stmt | ast.Call
    sure: bool
    """False below a condition or in an except clause."""
    scope: ast.FunctionDef | None
    """The function that it stands in, None at the top level."""


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


def value_behind(step: Step, node: ast.expr) -> ast.expr:
    """What a plain name stands for, as far as the function or the module shows; else the expression itself."""
    if not isinstance(node, ast.Name):
        return node
    for statement in ast.walk(step.scope) if step.scope else ():
        if isinstance(statement, ast.Assign) and any(
            isinstance(each, ast.Name) and each.id == node.id for each in statement.targets
        ):
            return statement.value
    return names_of(step.program).values.get(node.id, node)


def is_flask(step: Step, node: ast.expr, programs: Sequence[Program]) -> bool | None:
    """Whether an expression is a Flask object; None when nobody can tell."""
    value = value_behind(step, node)
    if isinstance(value, ast.Call):
        return _makes_flask(step.program, value, programs)
    taken = full_name(step.program, value)
    origin = origin_of(step.program, taken.partition(".")[0] if "." not in taken else taken, programs)
    if origin is None:
        return None
    program, name = origin
    inner = names_of(program).values.get(name)
    return _makes_flask(program, inner, programs) if isinstance(inner, ast.Call) else None


def _makes_flask(program: Program, call: ast.Call, programs: Sequence[Program]) -> bool | None:
    name = full_name(program, call.func)
    if name.rpartition(".")[2] in ("Flask", "APIFlask", "OpenAPI", "Quart"):
        return True
    function = function_of(program, call.func, programs)
    if function is None:
        return None
    owner, body = function
    if not isinstance(body, ast.FunctionDef):
        return None
    inside = (each for each in ast.walk(body) if isinstance(each, ast.Call) and each is not call)
    return True if any(full_name(owner, each.func).rpartition(".")[2] == "Flask" for each in inside) else None


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


@lru_cache(maxsize=32)
def steps(programs: tuple[Program, ...]) -> tuple[Step, ...]:
    """Every statement and call that runs while these programs are imported, into the functions that they call."""
    walker = _Walker(programs)
    for program in programs:
        if program.tree:
            walker.body(program, program.tree.body, True, None)
    return tuple(walker.steps)


class _Walker:
    """Follows statements and calls; each function is entered once."""

    def __init__(self, programs: tuple[Program, ...]) -> None:
        self.programs = programs
        self.steps: list[Step] = []
        self.entered: set[int] = set()
        self.depth = 0

    def body(
        self, program: Program, statements: Sequence[ast.stmt], sure: bool, scope: ast.FunctionDef | None
    ) -> None:
        if self.depth >= _DEPTH_LIMIT:
            return
        self.depth += 1
        for statement in statements:
            if len(self.steps) >= STEPS_LIMIT:
                break
            self.statement(program, statement, sure, scope)
        self.depth -= 1

    def statement(
        self, program: Program, statement: ast.stmt, sure: bool, scope: ast.FunctionDef | None
    ) -> None:
        self.steps.append(Step(program=program, node=statement, sure=sure, scope=scope))
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
            self.expressions(program, statement.decorator_list, sure, scope)
            return
        held = [each for each in ast.iter_child_nodes(statement) if isinstance(each, ast.expr)]
        held += [
            item.context_expr for item in getattr(statement, "items", []) if isinstance(item, ast.withitem)
        ]
        self.expressions(program, held, sure, scope)
        if isinstance(statement, ast.If):
            if not _asks_for_name(statement.test):
                self.body(program, statement.body, sure and _is_true(statement.test), scope)
            inner = sure and is_main_guard(statement.test)
            self.body(program, statement.orelse, inner, scope)
            return
        self.body(program, getattr(statement, "body", []), sure, scope)
        for handler in getattr(statement, "handlers", []):
            self.body(program, handler.body, False, scope)
        for name in ("orelse", "finalbody"):
            self.body(program, getattr(statement, name, []), sure, scope)
        for case in getattr(statement, "cases", []):
            self.body(program, case.body, False, scope)

    def expressions(
        self, program: Program, nodes: Sequence[ast.AST], sure: bool, scope: ast.FunctionDef | None
    ) -> None:
        stack = list(nodes)
        while stack:
            node = stack.pop()
            if isinstance(node, ast.Lambda):
                continue
            if isinstance(node, ast.Call):
                self.steps.append(Step(program=program, node=node, sure=sure, scope=scope))
                self.enter(program, node, sure)
            stack += ast.iter_child_nodes(node)

    def enter(self, program: Program, call: ast.Call, sure: bool) -> None:
        found = function_of(program, call.func, self.programs)
        if found is None or id(found[1]) in self.entered or len(self.entered) > 500:
            return
        owner, target = found
        self.entered.add(id(target))
        if isinstance(target, ast.ClassDef):
            for each in target.body:
                if isinstance(each, ast.FunctionDef) and each.name == "__init__":
                    self.body(owner, each.body, sure, each)
            return
        if any(isinstance(each, ast.Yield | ast.YieldFrom) for each in ast.walk(target)):
            return
        self.body(owner, target.body, sure, target)


def _asks_for_name(test: ast.expr) -> bool:
    return any(isinstance(node, ast.Name) and node.id == "__name__" for node in ast.walk(test))


def _is_true(test: ast.expr) -> bool:
    return isinstance(test, ast.Constant) and bool(test.value)


def calls(evidence: Evidence, server: Server) -> Iterator[tuple[Step, ast.Call]]:
    """The calls that loading the server's app makes."""
    for step in steps(loaded(evidence, server)):
        if isinstance(step.node, ast.Call):
            yield step, step.node


def is_lazy(server: Server) -> bool:
    """True when each worker loads the app by itself, or may do so."""
    return any(
        option is not None and (option.is_on or option.maybe)
        for option in (server.config.last("lazy-apps"), server.config.last("lazy"))
    )


def mends_after_fork(programs: Sequence[Program]) -> bool:
    """True when the app does something in each worker after the fork."""
    words = ("postfork", "post_fork_hook", "register_at_fork", "after_fork")
    return any(word in program.text for program in programs for word in words)
