"""`gunicorn.conf.py` read from its syntax tree. Simple expressions are evaluated, nothing is run."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from typing import Any, cast

from enuf.doctor.app_settings import AppSetting, Value
from enuf.doctor.evidence import PythonFile
from enuf.doctor.facts.python_import import dotted, on_import

_DEPTH_LIMIT = 30
_LENGTH_LIMIT = 10_000
_NUMBER_LIMIT = 10**9
_OPERATORS: Mapping[type, Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.FloorDiv: operator.floordiv,
    ast.Div: operator.truediv,
    ast.Mod: operator.mod,
}
_CASTS: Mapping[str, Callable[[Any], Any]] = {
    "int": int,
    "str": str,
    "float": float,
    "bool": bool,
    "round": round,
}
_CPUS = ("multiprocessing.cpu_count", "os.cpu_count", "cpu_count", "mp.cpu_count", "os.process_cpu_count")
_ENVIRON = ("os.environ.get", "os.getenv", "environ.get", "getenv", "env")


def read_app_conf(python_file: PythonFile, environ: Mapping[str, str]) -> tuple[dict[str, AppSetting], bool]:
    """Return the names that the file binds, and whether all of them are seen.

    A value that the environment or the number of processors decides is not certain: it has the value of the default,
    and of one processor.
    """
    names: dict[str, _Result] = {}
    settings: dict[str, AppSetting] = {}
    complete = python_file.tree is not None
    plain = set[int](map(id, python_file.tree.body)) if python_file.tree else set()
    for statement in on_import(python_file):
        complete = complete and not _brings_more(statement)
        for name, value in _bindings(statement):
            result = _Evaluation(names, environ).of(value) if value is not None else (None, False)
            names[name] = result if id(statement) in plain else (result[0], False)
            settings[name] = AppSetting(
                name=name,
                value=names[name][0],
                certain=names[name][1],
                file=python_file.path,
                line=statement.lineno,
            )
    return settings, complete


_Result = tuple[Value, bool]
"""A value and whether it is certain."""


def _brings_more(statement: ast.stmt) -> bool:
    """Return True for a statement that may bind names which are not seen."""
    if isinstance(statement, ast.ImportFrom):
        return any(alias.name == "*" for alias in statement.names)
    words = ("globals", "locals", "exec", "vars", "setattr")
    inner = ast.walk(statement) if isinstance(statement, ast.Expr | ast.For | ast.Assign) else ()
    return any(isinstance(node, ast.Name) and node.id in words for node in inner)


def _bindings(statement: ast.stmt) -> list[tuple[str, ast.expr | None]]:
    if isinstance(statement, ast.Assign):
        return [(each.id, statement.value) for each in statement.targets if isinstance(each, ast.Name)]
    if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
        return [(statement.target.id, statement.value)] if statement.value else []
    if isinstance(statement, ast.AugAssign) and isinstance(statement.target, ast.Name):
        return [(statement.target.id, None)]
    return [(statement.name, None)] if isinstance(statement, ast.FunctionDef) else []


class _Evaluation:
    """The evaluation of expressions with the names bound so far and the environment of the start."""

    def __init__(self, names: Mapping[str, _Result], environ: Mapping[str, str]) -> None:
        self.names, self.environ, self.depth = names, environ, 0

    def of(self, node: ast.expr) -> _Result:
        """Return the value of an expression, (None, False) if it is not a simple one."""
        self.depth += 1
        try:
            return (None, False) if self.depth > _DEPTH_LIMIT else _bounded(self._of(node))
        except (ValueError, TypeError, ArithmeticError, KeyError, IndexError):
            return None, False
        finally:
            self.depth -= 1

    def _of(self, node: ast.expr) -> _Result:
        match node:
            case ast.Constant(value=str() | int() | float() | bool() | None):
                return cast(Value, node.value), True
            case ast.Name(id=name):
                return self.names.get(name, (None, False))
            case ast.List(elts=elements) | ast.Tuple(elts=elements) if len(elements) < 200:
                parts = [self.of(each) for each in elements]
                return [value for value, _ in parts], all(certain for _, certain in parts)
            case ast.BinOp(left=left, op=op, right=right):
                return self._binary(left, op, right)
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                value, certain = self.of(operand)
                return (-value, certain) if isinstance(value, int | float) else (None, False)
            case ast.BoolOp(values=values):
                return self._either(node, values)
            case ast.JoinedStr() | ast.FormattedValue():
                return self._text(node)
            case ast.Call():
                return self._call(node)
            case ast.Subscript(value=owner, slice=ast.Constant(value=str() as name)) if dotted(
                owner
            ).endswith("environ"):
                return self.environ.get(name), name in self.environ
        return None, False

    def _binary(self, left: ast.expr, op: ast.operator, right: ast.expr) -> _Result:
        one, other = self.of(left), self.of(right)
        function = _OPERATORS.get(type(op))
        if function is None or one[0] is None or other[0] is None:
            return None, False
        if isinstance(op, ast.Mult | ast.Mod) and not all(
            isinstance(each[0], int | float) for each in (one, other)
        ):
            return None, False
        return function(one[0], other[0]), one[1] and other[1]

    def _either(self, node: ast.BoolOp, values: list[ast.expr]) -> _Result:
        results = [self.of(each) for each in values]
        chosen = next((each for each in results if bool(each[0]) is isinstance(node.op, ast.Or)), results[-1])
        return chosen[0], all(certain for _, certain in results)

    def _text(self, node: ast.JoinedStr | ast.FormattedValue) -> _Result:
        if isinstance(node, ast.FormattedValue):
            return self.of(node.value)
        parts = [self.of(each) for each in node.values]
        if any(value is None for value, _ in parts):
            return None, False
        return "".join(str(value) for value, _ in parts), all(certain for _, certain in parts)

    def _call(self, node: ast.Call) -> _Result:
        name = dotted(node.func)
        arguments = [self.of(each) for each in node.args]
        if name in _CPUS:
            return 1, False
        if name in _ENVIRON and arguments and isinstance(arguments[0][0], str):
            if arguments[0][0] in self.environ:
                return self.environ[arguments[0][0]], True
            return (arguments[1][0] if len(arguments) > 1 else None), False
        if any(value is None for value, _ in arguments) or not arguments or node.keywords:
            return None, False
        certain = all(each for _, each in arguments)
        if name in _CASTS and len(arguments) == 1:
            return _CASTS[name](arguments[0][0]), certain
        if name in ("max", "min") and len(arguments) > 1:
            return (max if name == "max" else min)(*(value for value, _ in arguments)), certain  # type: ignore[type-var]
        return None, False


def _bounded(result: _Result) -> _Result:
    value = result[0]
    if isinstance(value, int | float) and not abs(value) < _NUMBER_LIMIT:
        return None, False
    return (None, False) if isinstance(value, str | list) and len(value) > _LENGTH_LIMIT else result
