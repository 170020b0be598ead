"""What turns the debug mode of a Django project on: a literal, or a text of the environment that is read wrongly."""

from __future__ import annotations

import ast
from typing import Literal

import msgspec

from enuf.doctor.evidence import AnyServer, Evidence, PythonFile
from enuf.doctor.facts.django import last_assignment
from enuf.doctor.facts.python_import import dotted

DebugCause = Literal["literal", "text", "inverted", "default"]
_GETTERS = ("os.environ.get", "os.getenv", "environ.get", "getenv")
_FALSE = ("", "0", "false", "no", "off", "none")
_LOADERS = ("dotenv", "read_env", "environs", "decouple")
"""What puts more variables into the environment than the files of the deployment show."""


class DebugSwitch(msgspec.Struct, frozen=True):
    """The line that turns the debug mode on, and how."""

    python_file: PythonFile
    node: ast.Assign
    cause: DebugCause
    variable: str = ""


class _Getter(msgspec.Struct, frozen=True):
    name: str
    default: object


def debug_switch(evidence: Evidence, server: AnyServer) -> DebugSwitch | None:
    """Return the line that turns the debug mode on, None if the mode is off or the files do not decide."""
    found = last_assignment(evidence, server, "DEBUG")
    if found is None:
        return None
    python_file, node = found
    if isinstance(node.value, ast.Constant):
        return DebugSwitch(python_file, node, "literal") if node.value.value is True else None
    text = _text_as_truth(node.value)
    if text is not None:
        is_on = _environ(server).get(text.name, "true") != ""
        return DebugSwitch(python_file, node, "text", text.name) if is_on else None
    compared = _compared(node.value)
    if compared is None:
        return None
    getter, words = compared
    if str(getter.default).lower() not in words:
        return None
    if words <= set(_FALSE):
        return DebugSwitch(python_file, node, "inverted", getter.name)
    is_unset = _is_unset(server, python_file, getter.name)
    return DebugSwitch(python_file, node, "default", getter.name) if is_unset else None


def _environ(server: AnyServer) -> dict[str, str]:
    return server.start.environ if server.start else {}


def _is_unset(server: AnyServer, python_file: PythonFile, name: str) -> bool:
    """Return True if the files show every variable of the server, and this one is not among them."""
    start = server.start
    if start is None or start.kind not in ("unit", "compose") or start.environ_incomplete:
        return False
    return name not in start.environ and not any(word in python_file.text for word in _LOADERS)


def _text_as_truth(node: ast.expr) -> _Getter | None:
    """Return the variable whose text itself is taken for true or false: `os.getenv("DEBUG")`, alone or in `bool()`."""
    if isinstance(node, ast.Call) and dotted(node.func) == "bool" and len(node.args) == 1:
        node = node.args[0]
    getter = _getter(node)
    has_text = getter is not None and (
        getter.default in (None, False, True, "") or isinstance(getter.default, str)
    )
    return getter if has_text else None


def _compared(node: ast.expr) -> tuple[_Getter, set[str]] | None:
    """Return the variable of `os.getenv("DEBUG", "x") == "y"` or `... in ("y", "z")`, with the words in lower case."""
    if not isinstance(node, ast.Compare) or len(node.ops) != 1:
        return None
    left = node.left
    while isinstance(left, ast.Call) and isinstance(left.func, ast.Attribute) and not left.args:
        left = left.func.value  # .lower(), .strip()
    getter = _getter(left)
    words = _words(node.comparators[0])
    if getter is None or not words or not isinstance(node.ops[0], ast.Eq | ast.In):
        return None
    return getter, words


def _words(node: ast.expr) -> set[str]:
    elements = node.elts if isinstance(node, ast.Tuple | ast.List | ast.Set) else [node]
    texts = [
        each.value for each in elements if isinstance(each, ast.Constant) and isinstance(each.value, str)
    ]
    return {text.lower() for text in texts} if len(texts) == len(elements) else set()


def _getter(node: ast.expr) -> _Getter | None:
    if isinstance(node, ast.Subscript) and dotted(node.value) in ("os.environ", "environ"):
        name = _text_of(node.slice)
        return _Getter(name, None) if name else None
    if not isinstance(node, ast.Call) or dotted(node.func) not in _GETTERS or not node.args:
        return None
    name = _text_of(node.args[0])
    if not name:
        return None
    others = [*node.args[1:], *(each.value for each in node.keywords if each.arg == "default")]
    default = others[0].value if others and isinstance(others[0], ast.Constant) else None
    if others and not isinstance(others[0], ast.Constant):
        return None
    return _Getter(name, default)


def _text_of(node: ast.expr) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
