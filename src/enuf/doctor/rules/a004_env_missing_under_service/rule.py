"""An environment variable that the app needs at import and that no file sets for the service."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import lru_cache

from enuf.doctor.evidence import Evidence, PythonFile, Server
from enuf.doctor.facts.load_steps import LoadStep, load_steps
from enuf.doctor.facts.loaded_files import loaded_files
from enuf.doctor.facts.module_names import full_name
from enuf.doctor.rule import Diagnostic, Rule, at_node
from enuf.model.finding import Severity

_ALWAYS = frozenset(("PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "PWD", "TMPDIR"))
_LOADERS = ("load_dotenv", "dotenv", "environs", "read_env", "decouple", "read_envfile")


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every `os.environ["X"]` at import whose X is not set in the ini, the unit or the code."""
    for server in evidence.servers:
        python_files = loaded_files(evidence, server)
        if not python_files or _comes_from_elsewhere(server, python_files):
            continue
        known = _known(server) | _set_by(python_files)
        for step in load_steps(python_files):
            for name, node in _demands(step):
                if name not in known:
                    yield _diagnostic(server, step, name, node)


def _diagnostic(server: Server, step: LoadStep, name: str, node: ast.AST) -> Diagnostic:
    unit = server.start is not None and server.start.kind == "unit"
    severity: Severity = "warning" if unit and step.sure else "advice"
    place = "the unit" if unit else "uwsgi.ini"
    return at_node(
        step.python_file.path,
        node,
        f"the import needs the variable {name}, and {place} does not set it: what your shell exports "
        "does not reach a service, and the app fails with KeyError",
        severity=severity,
        hint=f"Environment={name}=..." if unit else f"env = {name}=...",
    )


def _comes_from_elsewhere(server: Server, python_files: tuple[PythonFile, ...]) -> bool:
    """Return True if variables reach the app in a way that the files do not show."""
    start = server.start
    if start and (start.environ_incomplete and start.kind != "supervisor"):
        return True
    if server.in_container or not server.config.is_complete:
        return True
    return any(word in python_file.text for python_file in python_files for word in _LOADERS)


def _known(server: Server) -> set[str]:
    names = set(_ALWAYS) | set(server.start.environ if server.start else ())
    options = server.config.all("env", "unenv", "for-env")
    return names | {option.value.partition("=")[0].strip() for option in options}


def _set_by(python_files: tuple[PythonFile, ...]) -> set[str]:
    """Return the variables that the code itself sets, tests for, or expects to be missing."""
    names: set[str] = set()
    for python_file in python_files:
        for node in python_file.nodes if "environ" in python_file.text else ():
            if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store):
                names.add(_key(python_file, node))
            elif isinstance(node, ast.Call) and full_name(python_file, node.func).endswith(
                "environ.setdefault"
            ):
                names |= {str(each.value) for each in node.args[:1] if isinstance(each, ast.Constant)}
            elif isinstance(node, ast.Compare) and isinstance(node.left, ast.Constant):
                names.add(str(node.left.value))
            elif isinstance(node, ast.Try):
                names |= {
                    _key(python_file, each) for each in ast.walk(node) if isinstance(each, ast.Subscript)
                }
    return names


def _key(python_file: PythonFile, node: ast.Subscript) -> str:
    if full_name(python_file, node.value) != "os.environ" or not isinstance(node.slice, ast.Constant):
        return ""
    return str(node.slice.value)


@lru_cache(64)
def _says_environ(text: str) -> bool:
    return "environ" in text


def _demands(step: LoadStep) -> Iterator[tuple[str, ast.AST]]:
    """Yield the variables that a statement reads without a default and without catching KeyError."""
    node = step.node
    if isinstance(node, ast.Call) or not _says_environ(step.python_file.text):
        return
    stack: list[ast.AST] = [each for each in ast.iter_child_nodes(node) if isinstance(each, ast.expr)]
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        stack = []
    while stack:
        each = stack.pop()
        if isinstance(each, ast.Lambda):
            continue
        if (
            isinstance(each, ast.Subscript)
            and isinstance(each.ctx, ast.Load)
            and (name := _key(step.python_file, each))
        ):
            yield name, each
        stack += ast.iter_child_nodes(each)


RULE = Rule("A004", "env-missing-under-service", "warning", check)
