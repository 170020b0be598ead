"""The settings of the Django project that a server serves, as far as they are literals."""

from __future__ import annotations

import ast
import posixpath
import re

import msgspec

from enuf.doctor.evidence import AnyServer, Evidence, PythonFile, Server

_NAMED = re.compile(r"DJANGO_SETTINGS_MODULE[\"']\s*\]?\s*[,=]\s*[\"']([\w.]{1,200})[\"']")

_FOR_PRODUCTION = re.compile(
    r"(?:^|[_.-])(?:prod|production|live|deploy|deployment)(?:[_.-]|$)", re.IGNORECASE
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
    node = assignment_in(python_file, name) if python_file else None
    return (python_file, node) if python_file and node else None


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
    module = _module_name(server)
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
        rf"^(?>.*?\b(?:cp|mv|ln|rm|envsubst|tee|sed)\b).*/{name}\b|^[ \t]*(?:COPY|ADD)[ \t][^\n]*/{name}\b|:[\w./-]*/{name}\b",
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


def _module_name(server: AnyServer) -> str:
    if isinstance(server, Server):
        for option in reversed(server.config.all("env")):
            name, _, value = option.value.partition("=")
            if name.strip() == "DJANGO_SETTINGS_MODULE" and not option.unresolved:
                return value.strip()
    written = server.start.environ.get("DJANGO_SETTINGS_MODULE", "") if server.start else ""
    if written:
        return written if re.fullmatch(r"[\w.]+", written) else ""
    named = {match for python_file in server.python_files for match in _NAMED.findall(python_file.text)}
    return named.pop() if len(named) == 1 else ""


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
        if isinstance(node, ast.Attribute) and _is(node.value, name):
            return True  # ALLOWED_HOSTS.append(...)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _OPEN_ENDED:
            return True
    return False


_OPEN_ENDED = ("exec", "execfile", "locals", "globals", "include", "vars")
