"""What turns the debug mode of a Django project on: a literal, a text that is read wrongly, or a variable of the deployment."""

from __future__ import annotations

import ast
from typing import Literal

import msgspec

from enuf.doctor.evidence import AnyServer, Evidence, PythonFile
from enuf.doctor.facts.deployed_variables import deployed_variables
from enuf.doctor.facts.django import last_assignment
from enuf.doctor.facts.python_import import dotted
from enuf.doctor.service_variables import DeployedVariable

DebugCause = Literal["literal", "text", "inverted", "default", "set"]
_GETTERS = ("os.environ.get", "os.getenv", "environ.get", "getenv")
_FALSE = ("", "0", "false", "no", "off", "none")
_TRUE = ("1", "true", "yes", "on", "y", "t")
_LOADERS = ("dotenv", "read_env", "environs", "decouple")
"""What puts more variables into the environment than the files of the deployment show."""
_PARSERS = ("env", "env.bool", "config", "strtobool", "distutils.util.strtobool", "env_bool", "get_bool")
"""Functions that take the name of a variable, or its text, and return a truth value for usual words."""
_COMPARISONS = (ast.Eq, ast.In, ast.NotEq, ast.NotIn)


class DebugSwitch(msgspec.Struct, frozen=True):
    """The line that turns the debug mode on, and how."""

    python_file: PythonFile
    node: ast.Assign
    cause: DebugCause
    variable: str = ""
    set_by: DeployedVariable | None = None
    """The variable that turns the mode on, for the cause `set`."""


class _Getter(msgspec.Struct, frozen=True):
    name: str
    default: object


class _Reading(msgspec.Struct, frozen=True):
    """How the settings make a truth value of a variable."""

    getter: _Getter
    kind: Literal["text", "compared", "number", "parsed"]
    words: frozenset[str] = frozenset()
    folds_case: bool = False
    negated: bool = False

    def is_on(self, value: str) -> bool:
        """Return True if a text of the variable turns the mode on."""
        match self.kind:
            case "text":
                return value != ""
            case "number":
                return value.strip().isdecimal() and int(value[:9]) != 0
            case "parsed":
                return value.strip().lower() in _TRUE
        return ((value.lower() if self.folds_case else value) in self.words) is not self.negated


def debug_switch(evidence: Evidence, server: AnyServer) -> DebugSwitch | None:
    """Return the line that turns the debug mode on, None if the mode is off or the files do not decide."""
    found = last_assignment(evidence, server, "DEBUG")
    if found is None:
        return None
    python_file, node = found
    if isinstance(node.value, ast.Constant):
        return DebugSwitch(python_file, node, "literal") if node.value.value is True else None
    reading = _reading(node.value)
    if reading is None:
        return None
    name = reading.getter.name
    deployed = deployed_variables(evidence, server)
    variable = deployed.by_name.get(name)
    if variable is None and name in _environ(server):
        variable = DeployedVariable(name, _environ(server)[name], "", 0)
    if variable is not None:
        return _of_value(python_file, node, reading, variable)
    is_unset = _is_unset(server, python_file, complete=deployed.complete)
    cause = _cause_without_value(reading, is_unset=is_unset)
    return DebugSwitch(python_file, node, cause, name) if cause else None


def _of_value(
    python_file: PythonFile, node: ast.Assign, reading: _Reading, variable: DeployedVariable
) -> DebugSwitch | None:
    if "$" in variable.value or not reading.is_on(variable.value):
        return None
    if reading.kind == "text" and variable.value.lower() not in _TRUE:
        return DebugSwitch(python_file, node, "text", variable.name)
    return DebugSwitch(python_file, node, "set", variable.name, variable if variable.file else None)


def _cause_without_value(reading: _Reading, *, is_unset: bool) -> DebugCause | None:
    """Return how a variable that no file sets turns the mode on, None if the mode is off or that is not known."""
    if reading.kind == "text":
        return "text"
    default = reading.getter.default
    if default is None or not reading.is_on(str(default)):
        return None
    if (
        reading.kind == "compared"
        and not reading.negated
        and {word.lower() for word in reading.words} <= set(_FALSE)
    ):
        return "inverted"
    return "default" if is_unset else None


def _environ(server: AnyServer) -> dict[str, str]:
    return server.start.environ if server.start else {}


def _is_unset(server: AnyServer, python_file: PythonFile, *, complete: bool) -> bool:
    """Return True if the files show every variable of the server, so that one which they do not set is unset."""
    start = server.start
    if start is None or start.in_script or any(word in python_file.text for word in _LOADERS):
        return False
    if start.kind == "unit":
        return not start.environ_incomplete
    return start.kind in ("compose", "docker") and complete


def _reading(node: ast.expr) -> _Reading | None:
    return _text_as_truth(node) or _compared(node) or _parsed(node)


def _text_as_truth(node: ast.expr) -> _Reading | None:
    """Return the variable whose text itself is taken for true or false: `os.getenv("DEBUG")`, alone or in `bool()`."""
    if isinstance(node, ast.Call) and dotted(node.func) == "bool" and len(node.args) == 1:
        node = node.args[0]
    if isinstance(node, ast.Call) and dotted(node.func) == "int" and len(node.args) == 1:
        inner = _getter(node.args[0])
        return _Reading(inner, "number") if inner else None
    getter = _getter(node)
    has_text = getter is not None and (
        getter.default in (None, False, True, "") or isinstance(getter.default, str)
    )
    return _Reading(getter, "text") if getter and has_text else None


def _compared(node: ast.expr) -> _Reading | None:
    """Return the variable of `os.getenv("DEBUG", "x") == "y"`, `!=`, `in ("y", "z")` or `not in`."""
    if not isinstance(node, ast.Compare) or len(node.ops) != 1 or not isinstance(node.ops[0], _COMPARISONS):
        return None
    left, folds = node.left, False
    while isinstance(left, ast.Call) and isinstance(left.func, ast.Attribute) and not left.args:
        folds = folds or left.func.attr in ("lower", "casefold")
        left = left.func.value  # .lower(), .strip()
    if isinstance(left, ast.Call) and dotted(left.func) == "str" and len(left.args) == 1:
        left = left.args[0]
    getter = _getter(left)
    words = _words(node.comparators[0])
    if getter is None or not words:
        return None
    negated = isinstance(node.ops[0], ast.NotEq | ast.NotIn)
    return _Reading(getter, "compared", frozenset(words), folds, negated)


def _parsed(node: ast.expr) -> _Reading | None:
    """Return the variable of `env.bool("DEBUG")`, `config("DEBUG", cast=bool)` or `strtobool(os.getenv("DEBUG"))`."""
    if isinstance(node, ast.Call) and dotted(node.func) == "bool" and len(node.args) == 1:
        node = node.args[0]
    if not isinstance(node, ast.Call) or not node.args or dotted(node.func) not in _PARSERS:
        return None
    inner = _getter(node.args[0])
    if inner:
        return _Reading(inner, "parsed")
    name = _text_of(node.args[0])
    if not name or (dotted(node.func) == "config" and not any(each.arg == "cast" for each in node.keywords)):
        return None
    default = next((each.value for each in node.keywords if each.arg == "default"), None)
    value = default.value if isinstance(default, ast.Constant) else None
    return _Reading(_Getter(name, value), "parsed")


def _words(node: ast.expr) -> set[str]:
    elements = node.elts if isinstance(node, ast.Tuple | ast.List | ast.Set) else [node]
    texts = [
        each.value for each in elements if isinstance(each, ast.Constant) and isinstance(each.value, str)
    ]
    return set(texts) if len(texts) == len(elements) else set()


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
