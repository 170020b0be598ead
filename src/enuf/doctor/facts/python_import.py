"""What a Python source does when it is imported, from its tree alone. Nothing is run."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from enuf.doctor.evidence import PythonFile
from enuf.syntax.python_source import all_nodes

_FLASK = ("Flask",)


def on_import(python_file: PythonFile) -> Iterator[ast.stmt]:
    """Yield the statements that an import runs.

    The walk enters if, try, with and loops, but no functions, classes and main guards.
    """
    stack: list[ast.stmt] = list(reversed(python_file.tree.body)) if python_file.tree else []
    while stack:
        statement = stack.pop()
        yield statement
        if isinstance(statement, ast.If) and is_main_guard(statement.test):
            stack += reversed(statement.orelse)
            continue
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            continue
        for name in ("finalbody", "orelse", "handlers", "body"):
            for inner in reversed(getattr(statement, name, [])):
                stack += reversed(inner.body) if isinstance(inner, ast.ExceptHandler) else [inner]


def is_main_guard(test: ast.expr) -> bool:
    """Return True for `__name__ == "__main__"`, in either order."""
    if not isinstance(test, ast.Compare) or len(test.ops) != 1 or not isinstance(test.ops[0], ast.Eq):
        return False
    sides = (test.left, test.comparators[0])
    names = [side.id for side in sides if isinstance(side, ast.Name)]
    values = [side.value for side in sides if isinstance(side, ast.Constant)]
    return "__name__" in names and "__main__" in values


def dotted(node: ast.AST) -> str:
    """Return the dotted name of an expression, such as `app.config.update`; empty for any other."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(parts)]) if isinstance(node, ast.Name) else ""


def bound_names(python_file: PythonFile) -> dict[str, ast.expr | ast.stmt | None]:
    """Return every name that an import binds at the top level, with the value or statement bound last."""
    names: dict[str, ast.expr | ast.stmt | None] = {}
    for statement in on_import(python_file):
        for target, value in _bindings(statement):
            if isinstance(target, str):
                names[target] = value
            else:
                _bind(target, value if isinstance(value, ast.expr) else None, names)
    return names


def _bindings(statement: ast.stmt) -> Iterator[tuple[ast.expr | str, ast.expr | ast.stmt | None]]:
    """Yield the targets that a statement binds, each with its value."""
    match statement:
        case ast.Assign(targets=targets, value=value):
            yield from ((target, value) for target in targets)
        case ast.AnnAssign(target=target, value=ast.expr() as value):
            yield target, value
        case ast.Import(names=aliases) | ast.ImportFrom(names=aliases):
            yield from ((alias.asname or alias.name.partition(".")[0], statement) for alias in aliases)
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            yield name, statement
        case ast.For(target=target):
            yield target, None
        case ast.With(items=items):
            yield from ((item.optional_vars, None) for item in items if item.optional_vars)
        case ast.Match() | ast.Expr():
            yield from _inside(statement)
        case ast.If(test=test) | ast.While(test=test):
            yield from _inside(test)


def _inside(node: ast.AST) -> Iterator[tuple[ast.expr | str, None]]:
    """Yield the names that the patterns and the `:=` in a statement or an expression bind."""
    for each in all_nodes(node):
        if isinstance(each, ast.NamedExpr):
            yield each.target, None
        elif isinstance(each, ast.MatchAs | ast.MatchStar) and each.name:
            yield each.name, None


def _bind(target: ast.expr, value: ast.expr | None, names: dict[str, ast.expr | ast.stmt | None]) -> None:
    if isinstance(target, ast.Name):
        names[target.id] = value
    elif isinstance(target, ast.Tuple | ast.List):
        for each in target.elts:
            _bind(each, None, names)


def is_open_ended(python_file: PythonFile) -> bool:
    """Return True if the module may have names that its source does not show.

    That is the case with a star import, globals(), __getattr__, or another module in its place.
    """
    if python_file.tree is None:
        return True
    for node in python_file.nodes:
        if isinstance(node, ast.ImportFrom) and any(alias.name == "*" for alias in node.names):
            return True
        if isinstance(node, ast.Name) and node.id in ("globals", "exec", "setattr"):
            return True
        if isinstance(node, ast.FunctionDef) and node.name == "__getattr__":
            return True
        if isinstance(node, ast.Global):
            return True
    return "sys.modules[__name__]" in python_file.text


def flask_names(python_file: PythonFile) -> tuple[str, ...]:
    """Return the top-level names that hold a Flask object, as far as the source shows."""
    classes = set(_FLASK)
    for statement in on_import(python_file):
        if isinstance(statement, ast.ImportFrom) and statement.module == "flask":
            classes |= {alias.asname or alias.name for alias in statement.names if alias.name == "Flask"}
    return tuple(
        name
        for name, value in bound_names(python_file).items()
        if isinstance(value, ast.Call)
        and (dotted(value.func) in classes or dotted(value.func).endswith("Flask"))
    )


def imported_modules(python_file: PythonFile) -> Iterator[tuple[str, ast.stmt]]:
    """Yield the absolute names of the modules imported by a file, each with its statement."""
    for statement in on_import(python_file):
        if isinstance(statement, ast.Import):
            for alias in statement.names:
                yield alias.name, statement
        elif isinstance(statement, ast.ImportFrom) and statement.level == 0 and statement.module:
            yield statement.module, statement


def constants(python_file: PythonFile) -> Iterator[tuple[str, ast.Constant]]:
    """Yield every string in a source, docstrings too."""
    for node in python_file.nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value, node
