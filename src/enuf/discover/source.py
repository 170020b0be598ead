"""The names that a Python file binds at its top level, read without running the file."""

from __future__ import annotations

import ast
import shlex
import tokenize
import warnings
from pathlib import Path
from typing import Literal

import msgspec

from enuf.errors import AppNotFound

SOURCE_LIMIT_BYTES = 5_000_000
"""A longer module is not parsed: parsing would take longer than importing."""

BindingKind = Literal["flask", "value", "function", "import", "class", "constant", "module"]


class Binding(msgspec.Struct, frozen=True, kw_only=True):
    """The meaning of one name of a module, as far as the source shows it."""

    kind: BindingKind
    """`flask`: bound to a call of Flask; `value`: known only after an import."""
    required: tuple[str, ...] = ()
    """Number of a function's parameters without a default."""
    takes_request: bool = False
    """True for a function that can be called as (environ, start_response) and not as a factory."""
    origin: str = ""
    """Module that an import takes the name from, with leading dots."""
    original: str = ""
    """The name in that module."""


class ModuleNames(msgspec.Struct, frozen=True, kw_only=True):
    """The names of a module."""

    bindings: dict[str, Binding]
    open_ended: bool
    """True if the module may have more names than its source shows: a star import, `__getattr__`,
    `globals()`."""
    maybe: frozenset[str]
    """Names that a function may bind through `global`."""
    guarded: frozenset[str]
    """Names bound under `if __name__ == "__main__"`, which an import skips."""


def is_file(path: Path) -> bool:
    """Return True for a regular file. A file in a folder without access does not count."""
    try:
        return path.is_file()
    except OSError:
        return False


def quiet_parse(text: str, *, mode: Literal["exec", "eval"] = "exec") -> ast.AST | None:
    """Return the syntax tree of a text; None if it is not valid Python.

    Warnings about the text are not shown.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return ast.parse(text, mode=mode)
        except (SyntaxError, ValueError, MemoryError, RecursionError):
            return None


def read_names(file: Path, shown: str) -> ModuleNames | None:
    """Return the names that a module binds; None if it is not valid Python: the import shows the error.

    Raise AppNotFound if the file cannot be read; the message calls the file `shown`.
    """
    tree = quiet_parse(_read(file, shown))
    if tree is None:
        return None
    collector = _Collector()
    try:
        collector.visit(tree)
        maybe = {name for node in ast.walk(tree) if isinstance(node, ast.Global) for name in node.names}
        open_ended = collector.open_ended or any(_reaches_into_namespaces(node) for node in ast.walk(tree))
    except RecursionError:
        return None
    return ModuleNames(
        bindings=collector.bindings,
        open_ended=open_ended,
        maybe=frozenset(maybe),
        guarded=frozenset(collector.guarded - collector.bindings.keys()),
    )


def _read(file: Path, shown: str) -> str:
    """Return the text of a source file in its declared encoding (PEP 263)."""
    try:
        size = file.stat().st_size
        if not file.is_file():
            raise AppNotFound(f"{shown} is not a file", "name a .py file or a module")
        if size > SOURCE_LIMIT_BYTES:
            raise AppNotFound(
                f"{shown} is too large for a module: {size} bytes", "name the module that holds the app"
            )
        with tokenize.open(file) as stream:
            return stream.read()
    except FileNotFoundError:
        raise AppNotFound(f"{shown} does not exist") from None
    except PermissionError as error:
        cure = f"let the user who runs the app read it: chmod u+r {shlex.quote(str(file))}"
        raise AppNotFound(f"{shown} cannot be read: {error.strerror}", cure, slug="app-unreadable") from None
    except OSError as error:
        raise AppNotFound(f"{shown} cannot be read: {error.strerror or error}") from None
    except (SyntaxError, UnicodeDecodeError):
        raise AppNotFound(
            f"{shown} is not text in UTF-8 or in the encoding that it declares",
            "save it as UTF-8, or declare its encoding in the first line: # -*- coding: euc-kr -*-",
        ) from None


def _reaches_into_namespaces(node: ast.AST) -> bool:
    """Return True for `globals()`, `exec(...)` and `sys.modules`, which can bind hidden names."""
    if isinstance(node, ast.Call):
        return isinstance(node.func, ast.Name) and node.func.id in ("globals", "exec")
    return isinstance(node, ast.Attribute) and node.attr == "modules"


class _Collector(ast.NodeVisitor):
    """A visitor of the code that an import runs: in if, try, with and loops, not in functions and classes."""

    def __init__(self) -> None:
        self.bindings: dict[str, Binding] = {}
        self.guarded: set[str] = set()
        self.open_ended = False
        self._flask_classes = {"Flask"}

    def _bind(self, name: str, binding: Binding) -> None:
        # `try: from x import app` / `except ImportError: app = None`: the fallback must not hide the app.
        hides = binding.kind in ("constant", "module") and name in self.bindings
        if not hides:
            self.bindings[name] = binding

    def _bind_target(self, target: ast.expr, value: ast.expr | None) -> None:
        if isinstance(target, ast.Name):
            self._bind(target.id, Binding(kind=self._kind_of(value)))
        elif isinstance(target, ast.Tuple | ast.List):
            for element in target.elts:
                self._bind_target(element, None)
        elif isinstance(target, ast.Starred):
            self._bind_target(target.value, None)

    def _kind_of(self, value: ast.expr | None) -> BindingKind:
        if isinstance(value, ast.Constant | ast.JoinedStr | ast.List | ast.Dict | ast.Set | ast.Tuple):
            return "constant"
        if isinstance(value, ast.Call) and self._is_flask_class(value.func):
            return "flask"
        return "value"

    def _is_flask_class(self, node: ast.expr) -> bool:
        """Return True for Flask under any name in the module, and for `flask.Flask`.

        Classes with such a name count, too, like APIFlask.
        """
        name = node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""
        return name in self._flask_classes or name.endswith("Flask")

    def visit_Assign(self, node: ast.Assign) -> None:
        self.visit(node.value)
        for target in node.targets:
            self._bind_target(target, node.value)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:  # `app: Flask` alone binds nothing
            self.visit(node.value)
            self._bind_target(node.target, node.value)

    def visit_NamedExpr(self, node: ast.NamedExpr) -> None:
        self.visit(node.value)
        self._bind_target(node.target, node.value)

    def visit_For(self, node: ast.For) -> None:
        self._bind_target(node.target, None)
        self.generic_visit(node)

    def visit_withitem(self, node: ast.withitem) -> None:
        if node.optional_vars is not None:
            self._bind_target(node.optional_vars, None)
        self.generic_visit(node)

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            self._bind(alias.asname or alias.name.partition(".")[0], Binding(kind="module"))

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        origin = "." * node.level + (node.module or "")
        for alias in node.names:
            name = alias.asname or alias.name
            if alias.name == "*":
                self.open_ended = True
                continue
            if origin == "flask" and alias.name == "Flask":
                self._flask_classes.add(name)
            self._bind(name, Binding(kind="import", origin=origin, original=alias.name))

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        if node.name == "__getattr__":
            self.open_ended = True
        # A decorator may return anything: werkzeug's @Request.application makes a WSGI callable.
        binding = Binding(kind="value") if node.decorator_list else _function(node.args)
        self._bind(node.name, binding)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        self._bind(node.name, Binding(kind="value"))

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        if any(self._is_flask_class(base) for base in node.bases):
            self._flask_classes.add(node.name)
        self._bind(node.name, Binding(kind="class"))

    def visit_Lambda(self, node: ast.Lambda) -> None:
        """Skip the body, which is another scope."""

    def visit_If(self, node: ast.If) -> None:
        if not _is_skipped_by_import(node.test):
            self.generic_visit(node)
            return
        inside = _Collector()
        for statement in node.body:
            inside.visit(statement)
        self.guarded |= inside.bindings.keys()
        for statement in node.orelse:
            self.visit(statement)


def _function(arguments: ast.arguments) -> Binding:
    positional = [*arguments.posonlyargs, *arguments.args]
    required = [each.arg for each in positional[: len(positional) - len(arguments.defaults)]]
    named_only = [
        each.arg
        for each, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
        if default is None
    ]
    takes_request = not named_only and (
        len(required) == 2 or (arguments.vararg is not None and len(required) < 2)
    )
    return Binding(kind="function", required=(*required, *named_only), takes_request=takes_request)


def _is_skipped_by_import(test: ast.expr) -> bool:
    """Return True for `__name__ == "__main__"` and `TYPE_CHECKING`."""
    if isinstance(test, ast.Compare) and len(test.ops) == 1 and isinstance(test.ops[0], ast.Eq):
        sides = [test.left, test.comparators[0]]
        names = {side.id for side in sides if isinstance(side, ast.Name)}
        values = {side.value for side in sides if isinstance(side, ast.Constant)}
        return "__name__" in names and "__main__" in values
    name = test.id if isinstance(test, ast.Name) else test.attr if isinstance(test, ast.Attribute) else ""
    return name == "TYPE_CHECKING"
