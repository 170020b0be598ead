"""The names that a Python file binds at its top level, read without running the file."""

from __future__ import annotations

import ast
import io
import re
import shlex
import tokenize
import warnings
from pathlib import Path
from typing import Literal

import msgspec

from enuf.errors import AppNotFound
from enuf.syntax.encodings import likely_encoding, not_utf8

SOURCE_LIMIT_BYTES = 5_000_000
"""A longer module is not parsed: parsing would take longer than importing."""

INSIDE = {"Dash": "server"}
"""Classes whose objects are no WSGI apps and hold one, with the attribute."""
NOT_WSGI = frozenset({*INSIDE, "Celery", "Huey", "RedisHuey", "SocketIO", "SqliteHuey", "Typer"})
"""Classes whose objects are called `app` and are no WSGI apps."""
ASGI = frozenset(
    {"ASGIApp", "AsyncApp", "FastAPI", "Litestar", "ProtocolTypeRouter", "Quart", "Sanic", "Starlette"}
    | {"get_asgi_application"}
)
"""What makes ASGI apps."""
_WSGI_CLASSES = frozenset({"Bottle", "DispatcherMiddleware", "ProxyFix", "WhiteNoise"})
_MAKES_APP = re.compile(r"^(?!.*(?:asgi|celery|cli|dash|fast|socket))(?:.*_)?(?:app|application|wsgi)$")
"""Names of functions that may be believed to make a WSGI app."""

BindingKind = Literal[
    "flask", "value", "instance", "other", "function", "import", "class", "constant", "module"
]


class Binding(msgspec.Struct, frozen=True, kw_only=True):
    """The meaning of one name of a module, as far as the source shows it."""

    kind: BindingKind
    """`flask`: bound to a call of Flask; `other`: to one of a class that makes no WSGI app; `instance`: to
    one of a class that is not known; `value`: only an import can tell what it is."""
    required: tuple[str, ...] = ()
    """Names of a function's parameters without a default."""
    takes_request: bool = False
    """True for a function that can be called as (environ, start_response) and not as a factory."""
    origin: str = ""
    """Module that an import takes the name from, with leading dots."""
    original: str = ""
    """The name in that module; of an object, the name of its class."""


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
    makers: dict[str, bool] = {}
    """Functions that make an app, with True for those that return it."""


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
        makers=collector.makers,
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
        data = file.read_bytes()
    except FileNotFoundError:
        raise AppNotFound(f"{shown} does not exist") from None
    except PermissionError as error:
        cure = f"let the user who runs the app read it: chmod u+r {shlex.quote(str(file))}"
        raise AppNotFound(f"{shown} cannot be read: {error.strerror}", cure, slug="app-unreadable") from None
    except OSError as error:
        raise AppNotFound(f"{shown} cannot be read: {error.strerror or error}") from None
    return _decoded(data, file, shown)


def _decoded(data: bytes, file: Path, shown: str) -> str:
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        text = data.decode(encoding)
    except (SyntaxError, UnicodeDecodeError):
        text = ""
    likely = likely_encoding(data) if not text or "\0" in text else ""
    if likely:
        problem = not_utf8(data, str(file))
        declared = "; or declare its encoding in the first line: # -*- coding: euc-kr -*-"
        raise AppNotFound(f"{shown} {problem}", problem.cure + (declared if likely == "CP949" else ""))
    if data and not text:
        raise AppNotFound(
            f"{shown} is not text in UTF-8 or in the encoding that it declares",
            "save it as UTF-8, or declare its encoding in the first line: # -*- coding: euc-kr -*-",
        )
    return io.StringIO(text, newline=None).read()


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
        self.makers: dict[str, bool] = {}
        self._flask_classes = {"Flask"}
        self._silent_classes: set[str] = set()
        """Classes of the module whose objects cannot be called."""

    def _bind(self, name: str, binding: Binding) -> None:
        # `try: from x import app` / `except ImportError: app = None`: the fallback must not hide the app.
        hides = binding.kind in ("constant", "module") and name in self.bindings
        if not hides:
            self.bindings[name] = binding

    def _bind_target(self, target: ast.expr, value: ast.expr | None) -> None:
        if isinstance(target, ast.Name):
            self._bind(target.id, self._binding_of(value))
        elif isinstance(target, ast.Tuple | ast.List):
            for element in target.elts:
                self._bind_target(element, None)
        elif isinstance(target, ast.Starred):
            self._bind_target(target.value, None)

    def _binding_of(self, value: ast.expr | None) -> Binding:
        if isinstance(value, ast.Constant | ast.JoinedStr | ast.List | ast.Dict | ast.Set | ast.Tuple):
            return Binding(kind="constant")
        if isinstance(value, ast.Call):
            return self._made_by(value.func)
        if isinstance(value, ast.Attribute) and isinstance(value.value, ast.Name):
            owner = self.bindings.get(value.value.id)
            if owner and owner.kind == "other" and INSIDE.get(owner.original) == value.attr:
                return Binding(kind="flask")
        return Binding(kind="value")

    def _made_by(self, function: ast.expr) -> Binding:
        """Return what a call makes, as far as the name of what is called tells."""
        if self._is_flask_class(function):
            return Binding(kind="flask")
        name = _last_name(function)
        imported = self.bindings.get(name) if isinstance(function, ast.Name) else None
        original = (imported.original if imported and imported.kind == "import" else "") or name
        if original in NOT_WSGI or original in ASGI or name in self._silent_classes:
            return Binding(kind="other", original=original)
        is_class = original[:1].isupper() and original not in _WSGI_CLASSES
        is_doubtful = is_class or not _MAKES_APP.search(original)
        return Binding(kind="instance" if is_doubtful else "value", original=original)

    def _is_flask_class(self, node: ast.expr) -> bool:
        """Return True for Flask under any name in the module, and for `flask.Flask`.

        Classes with such a name count, too, like APIFlask.
        """
        name = _last_name(node)
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
        made = [each for each in ast.walk(node) if isinstance(each, ast.Call) and self._makes_app(each.func)]
        if made:
            self.makers[node.name] = _is_returned(made, node)

    def _makes_app(self, function: ast.expr) -> bool:
        return self._is_flask_class(function) or _last_name(function) in _WSGI_CLASSES

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        self._bind(node.name, Binding(kind="value"))

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        if any(self._is_flask_class(base) for base in node.bases):
            self._flask_classes.add(node.name)
        elif not node.bases and not node.keywords and not node.decorator_list and not _is_callable(node):
            self._silent_classes.add(node.name)
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


def _last_name(node: ast.expr) -> str:
    """Return `Flask` for `Flask` and for `flask.Flask`, nothing for what is no name."""
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def _is_callable(node: ast.ClassDef) -> bool:
    """Return True when the objects of a class without bases can be called."""
    names = [each.name for each in node.body if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)]
    targets = [target for each in node.body if isinstance(each, ast.Assign) for target in each.targets]
    return "__call__" in (*names, *map(_last_name, targets))


def _is_returned(made: list[ast.Call], function: ast.FunctionDef) -> bool:
    """Return True when one of these calls is what the function returns, directly or by a name."""
    names = {
        _last_name(target)
        for each in ast.walk(function)
        if isinstance(each, ast.Assign) and each.value in made
        for target in each.targets
    }
    results = [each.value for each in ast.walk(function) if isinstance(each, ast.Return) and each.value]
    return any(result in made or _last_name(result) in names for result in results)


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
