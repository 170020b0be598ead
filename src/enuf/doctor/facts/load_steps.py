"""The statements and calls that run while uWSGI loads an app, across imports and into functions."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from functools import lru_cache

import msgspec

from enuf.doctor.evidence import AnyServer, AppServer, Evidence, PythonFile
from enuf.doctor.facts.loaded_files import loaded_files
from enuf.doctor.facts.module_names import full_name, function_of, module_names, origin_of
from enuf.doctor.facts.python_import import is_main_guard

STEPS_LIMIT = 20_000
_DEPTH_LIMIT = 80


class LoadStep(msgspec.Struct, frozen=True, kw_only=True):
    """A statement or a call that is reached while uWSGI loads the app."""

    python_file: PythonFile
    node: ast.stmt | ast.Call
    sure: bool
    """False below a condition or in an except clause."""
    scope: ast.FunctionDef | None
    """The function around the node, None at the top level."""


def value_behind(step: LoadStep, node: ast.expr) -> ast.expr:
    """Return the value that a plain name stands for, as far as function or module show it, else the node."""
    if not isinstance(node, ast.Name):
        return node
    for statement in ast.walk(step.scope) if step.scope else ():
        if isinstance(statement, ast.Assign) and any(
            isinstance(each, ast.Name) and each.id == node.id for each in statement.targets
        ):
            return statement.value
    return module_names(step.python_file).values.get(node.id, node)


def is_flask_object(step: LoadStep, node: ast.expr, python_files: Sequence[PythonFile]) -> bool | None:
    """Return whether an expression is a Flask object, None if the files do not show it."""
    value = value_behind(step, node)
    if isinstance(value, ast.Call):
        return _makes_flask(step.python_file, value, python_files)
    taken = full_name(step.python_file, value)
    origin = origin_of(step.python_file, taken.partition(".")[0] if "." not in taken else taken, python_files)
    if origin is None:
        return None
    python_file, name = origin
    inner = module_names(python_file).values.get(name)
    return _makes_flask(python_file, inner, python_files) if isinstance(inner, ast.Call) else None


def _makes_flask(python_file: PythonFile, call: ast.Call, python_files: Sequence[PythonFile]) -> bool | None:
    name = full_name(python_file, call.func)
    if name.rpartition(".")[2] in ("Flask", "APIFlask", "OpenAPI", "Quart"):
        return True
    function = function_of(python_file, call.func, python_files)
    if function is None:
        return None
    owner, body = function
    if not isinstance(body, ast.FunctionDef):
        return None
    inside = (each for each in ast.walk(body) if isinstance(each, ast.Call) and each is not call)
    return True if any(full_name(owner, each.func).rpartition(".")[2] == "Flask" for each in inside) else None


@lru_cache(maxsize=32)
def load_steps(python_files: tuple[PythonFile, ...]) -> tuple[LoadStep, ...]:
    """Return every statement and call that runs while these files are imported, into called functions."""
    walker = _Walker(python_files)
    for python_file in python_files:
        if python_file.tree:
            walker.body(python_file, python_file.tree.body, True, None)
    return tuple(walker.steps)


class _Walker:
    """A walk over statements and calls that enters each function once."""

    def __init__(self, python_files: tuple[PythonFile, ...]) -> None:
        self.python_files = python_files
        self.steps: list[LoadStep] = []
        self.entered: set[int] = set()
        self.depth = 0

    def body(
        self,
        python_file: PythonFile,
        statements: Sequence[ast.stmt],
        sure: bool,
        scope: ast.FunctionDef | None,
    ) -> None:
        if self.depth >= _DEPTH_LIMIT:
            return
        self.depth += 1
        for statement in statements:
            if len(self.steps) >= STEPS_LIMIT:
                break
            self.statement(python_file, statement, sure, scope)
        self.depth -= 1

    def statement(
        self, python_file: PythonFile, statement: ast.stmt, sure: bool, scope: ast.FunctionDef | None
    ) -> None:
        self.steps.append(LoadStep(python_file=python_file, node=statement, sure=sure, scope=scope))
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
            self.expressions(python_file, statement.decorator_list, sure, scope)
            return
        held = [each for each in ast.iter_child_nodes(statement) if isinstance(each, ast.expr)]
        held += [
            item.context_expr for item in getattr(statement, "items", []) if isinstance(item, ast.withitem)
        ]
        self.expressions(python_file, held, sure, scope)
        if isinstance(statement, ast.If):
            if not _asks_for_name(statement.test):
                self.body(python_file, statement.body, sure and _is_true(statement.test), scope)
            inner = sure and is_main_guard(statement.test)
            self.body(python_file, statement.orelse, inner, scope)
            return
        self.body(python_file, getattr(statement, "body", []), sure, scope)
        for handler in getattr(statement, "handlers", []):
            self.body(python_file, handler.body, False, scope)
        for name in ("orelse", "finalbody"):
            self.body(python_file, getattr(statement, name, []), sure, scope)
        for case in getattr(statement, "cases", []):
            self.body(python_file, case.body, False, scope)

    def expressions(
        self, python_file: PythonFile, nodes: Sequence[ast.AST], sure: bool, scope: ast.FunctionDef | None
    ) -> None:
        stack = list(nodes)
        while stack:
            node = stack.pop()
            if isinstance(node, ast.Lambda):
                continue
            if isinstance(node, ast.Call):
                self.steps.append(LoadStep(python_file=python_file, node=node, sure=sure, scope=scope))
                self.enter(python_file, node, sure)
            stack += ast.iter_child_nodes(node)

    def enter(self, python_file: PythonFile, call: ast.Call, sure: bool) -> None:
        callee = function_of(python_file, call.func, self.python_files)
        if callee is None or id(callee[1]) in self.entered or len(self.entered) > 500:
            return
        owner, target = callee
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


def calls_on_load(evidence: Evidence, server: AnyServer) -> Iterator[tuple[LoadStep, ast.Call]]:
    """Yield the calls made while a server loads its app."""
    for step in load_steps(loaded_files(evidence, server)):
        if isinstance(step.node, ast.Call):
            yield step, step.node


def is_lazy(server: AnyServer) -> bool:
    """Return True if each worker loads the app itself, or may do so."""
    if isinstance(server, AppServer):
        return not server.settings.is_on("preload_app")
    return any(
        option is not None and (option.is_on or option.conditional)
        for option in (server.config.last("lazy-apps"), server.config.last("lazy"))
    )


def runs_code_after_fork(python_files: Sequence[PythonFile]) -> bool:
    """Return True if the app runs code in each worker after the fork."""
    words = ("postfork", "post_fork", "post_worker_init", "register_at_fork", "after_fork")
    return any(word in python_file.text for python_file in python_files for word in words)
