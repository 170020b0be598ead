"""What runs while uWSGI loads an app: statements and calls, over imports and into functions."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from functools import lru_cache

import msgspec

from enuf.doctor.evidence import Evidence, Program, Server
from enuf.doctor.facts.loaded import loaded
from enuf.doctor.facts.module_names import full_name, function_of, names_of, origin_of
from enuf.doctor.facts.programs import is_main_guard

STEPS_LIMIT = 20_000
_DEPTH_LIMIT = 80


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """A statement or a call that is reached while uWSGI loads the app."""

    program: Program
    node: ast.stmt | ast.Call
    sure: bool
    """False below a condition or in an except clause."""
    scope: ast.FunctionDef | None
    """The function that it stands in, None at the top level."""


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
