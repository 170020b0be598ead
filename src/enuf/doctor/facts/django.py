"""The settings of the Django project that a server serves, as far as they are literals."""

from __future__ import annotations

import ast
import posixpath
import re
from typing import Literal

import msgspec

from enuf.doctor.evidence import AnyServer, Evidence, PythonFile, PythonServer, Server
from enuf.doctor.facts.server_machines import machines_of

_NAMED = re.compile(r"DJANGO_SETTINGS_MODULE[\"']\s*\]?\s*[,=]\s*[\"']([\w.]{1,200})[\"']")

_FOR_PRODUCTION = re.compile(
    r"(?:^|[_.-])(?:prod|production|live|deploy|deployment)(?:[_.-]|$)", re.IGNORECASE
)

_IMPORTS_LIMIT = 5
_MODULES = ("wsgi", "asgi", "app")
_WSGI_OF_A_VARIABLE = re.compile(r"\$\{?\w+\}?\.[wa]sgi(?::application)?")
_OTHERS = re.compile(
    r"^(?:from|import)[ \t]+(?:flask|fastapi|starlette|sanic|bottle|falcon|quart)\b", re.MULTILINE
)


class DjangoSetting(msgspec.Struct, frozen=True):
    """A literal that the settings module gives a name at last."""

    python_file: PythonFile
    node: ast.Assign
    value: object


def django_setting(evidence: Evidence, server: AnyServer, name: str) -> DjangoSetting | None:
    """Return the literal value of a setting, None if the project is unknown or anything but a literal may decide."""
    found = last_assignment(evidence, server, name)
    return _setting(*found) if found else None


def last_assignment(evidence: Evidence, server: AnyServer, name: str) -> tuple[PythonFile, ast.Assign] | None:
    """Return the unconditional assignment that gives a setting its last value, None if anything else may decide."""
    python_file = _settings_file(evidence, server)
    if python_file is None:
        return None
    found = _last_in(evidence, python_file, name, 0)
    if found is None or isinstance(found, str) or _is_edited(evidence, found[0], found[1], name):
        return None
    return found


def _last_in(
    evidence: Evidence, python_file: PythonFile, name: str, depth: int
) -> tuple[PythonFile, ast.Assign] | Literal["unknown"] | None:
    """Return the last assignment of a name in a file or in what it imports whole; None if there is none."""
    found: tuple[PythonFile, ast.Assign] | Literal["unknown"] | None = None
    for statement in python_file.tree.body if python_file.tree else ():
        if isinstance(statement, ast.ImportFrom) and any(alias.name == "*" for alias in statement.names):
            imported = _imported(evidence, python_file, statement) if depth < _IMPORTS_LIMIT else None
            inner = _last_in(evidence, imported, name, depth + 1) if imported else "unknown"
            found = inner or found
        elif isinstance(statement, ast.Assign) and any(_is(target, name) for target in statement.targets):
            found = (python_file, statement)
        elif _may_change(statement, name):
            found = "unknown"
    return found


def _imported(evidence: Evidence, python_file: PythonFile, statement: ast.ImportFrom) -> PythonFile | None:
    """Return the file of the project that `from .base import *` reads, None if that is not just one."""
    tail = (statement.module or "__init__").replace(".", "/")
    if statement.level:
        folder = python_file.path
        for _ in range(min(statement.level, _IMPORTS_LIMIT)):
            folder = posixpath.dirname(folder)
        wanted = (f"{folder}/{tail}.py", f"{folder}/{tail}/__init__.py")
        found = [each for each in evidence.python_files if each.path in wanted]
    else:
        ends = (f"/{tail}.py", f"/{tail}/__init__.py")
        found = [each for each in evidence.python_files if each.path.endswith(ends)]
    return found[0] if len(found) == 1 and found[0] is not python_file else None


def _is_edited(evidence: Evidence, python_file: PythonFile, node: ast.Assign, name: str) -> bool:
    """Return True if `sed` edits the file and may write another value: one that is no switch, or this very setting."""
    edits = re.compile(rf"^(?>.*?\bsed\b).*/{re.escape(posixpath.basename(python_file.path))}\b.*", re.M)
    lines = [
        line
        for file in evidence.of_kind("script", "dockerfile", "compose")
        for line in edits.findall(file.text)
    ]
    is_switch = isinstance(node.value, ast.Constant) and isinstance(node.value.value, bool)
    return any(name in line or not is_switch for line in lines)


def assignment_in(python_file: PythonFile, name: str) -> ast.Assign | None:
    """Return the unconditional assignment that gives a name its last value in a file, None if anything else may."""
    found: ast.Assign | None = None
    for statement in python_file.tree.body if python_file.tree else ():
        if isinstance(statement, ast.Assign) and any(_is(target, name) for target in statement.targets):
            found = statement
        elif _may_change(statement, name):
            found = None
    return found


def _settings_file(evidence: Evidence, server: AnyServer) -> PythonFile | None:
    """Return the settings module, None unless there is just one file that can be meant and nothing replaces that."""
    module = _module_name(evidence, server)
    if not module:
        return None
    path = module.replace(".", "/")
    found = [
        each for each in evidence.python_files if each.path.endswith((f"/{path}.py", f"/{path}/__init__.py"))
    ]
    near = {posixpath.dirname(each.path) for each in server.python_files}
    meant = [each for each in found if posixpath.dirname(each.path) in near] or found
    if (
        len(meant) != 1
        or _is_chosen_elsewhere(evidence, server, meant[0])
        or _is_replaced(evidence, meant[0])
    ):
        return None
    return meant[0]


def _is_replaced(evidence: Evidence, python_file: PythonFile) -> bool:
    """Return True if a deployment writes another file in the place of the settings."""
    name = re.escape(posixpath.basename(python_file.path))
    written = re.compile(
        rf"^(?>.*?\b(?:cp|mv|ln|rm|envsubst|tee)\b).*/{name}\b|^[ \t]*(?:COPY|ADD)[ \t][^\n]*/{name}\b|:[\w./-]*/{name}\b",
        re.M,
    )  # the first command of a line decides, or a long line would cost the square of its length
    return any(written.search(file.text) for file in evidence.of_kind("script", "dockerfile", "compose"))


def _is_chosen_elsewhere(evidence: Evidence, server: AnyServer, python_file: PythonFile) -> bool:
    """Return True if a variable that no file shows may name other settings, of which the project has some."""
    start = server.start
    if start is None or not start.environ_incomplete or start.environ.get("DJANGO_SETTINGS_MODULE"):
        return False
    folder = posixpath.dirname(python_file.path)
    others = [
        each for each in evidence.python_files if each is not python_file and each.path.startswith(folder)
    ]
    return any(_FOR_PRODUCTION.search(posixpath.basename(each.path)) for each in others)


def _module_name(evidence: Evidence, server: AnyServer) -> str:
    if isinstance(server, Server):
        for option in reversed(server.config.all("env")):
            name, _, value = option.value.partition("=")
            if name.strip() == "DJANGO_SETTINGS_MODULE" and not option.unresolved:
                return value.strip()
    written = server.start.environ.get("DJANGO_SETTINGS_MODULE", "") if server.start else ""
    if not written:
        held = {each.environ.get("DJANGO_SETTINGS_MODULE", "") for each in machines_of(evidence, server)}
        written = held.pop() if len(held) == 1 else ""
    if written:
        return written if re.fullmatch(r"[\w.]+", written) else ""
    sources = server.python_files or _manage_files(evidence, server)
    named = {match for python_file in sources for match in _NAMED.findall(python_file.text)}
    return named.pop() if len(named) == 1 else ""


def _manage_files(evidence: Evidence, server: AnyServer) -> tuple[PythonFile, ...]:
    """Return the manage.py of the only project among the files, for a server of Django whose module is not there."""
    module = server.module if isinstance(server, PythonServer) else ""
    found = tuple(each for each in evidence.python_files if each.path.endswith("/manage.py"))
    words = server.start.argv if isinstance(server, PythonServer) and not module else ()
    is_django = module.rpartition(".")[2] in _MODULES or any(
        _WSGI_OF_A_VARIABLE.fullmatch(each) for each in words
    )
    others = any(_OTHERS.search(each.text) for each in evidence.python_files) if is_django else True
    return found if len(found) == 1 and is_django and not others else ()


def _is(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def _setting(python_file: PythonFile, statement: ast.Assign) -> DjangoSetting | None:
    try:
        return DjangoSetting(python_file, statement, ast.literal_eval(statement.value))
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return None


def _may_change(statement: ast.stmt, name: str) -> bool:
    """Return True if the statement may give the name another value: by an import of everything, below a condition."""
    for node in ast.walk(statement):
        if isinstance(node, ast.ImportFrom) and any(alias.name == "*" for alias in node.names):
            return True
        if isinstance(node, ast.Name) and node.id == name and not isinstance(node.ctx, ast.Load):
            return True
        if isinstance(node, ast.Attribute) and _is(node.value, name) and node.attr in _CHANGES:
            return True  # ALLOWED_HOSTS.append(...)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _OPEN_ENDED:
            return True
    return False


_CHANGES = ("append", "extend", "insert", "remove", "pop", "clear", "update", "setdefault", "sort", "reverse")
_OPEN_ENDED = ("exec", "execfile", "locals", "globals", "include", "vars")
