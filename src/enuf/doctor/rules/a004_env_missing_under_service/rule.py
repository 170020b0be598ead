"""The import reads an environment variable that nobody sets for the service."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import lru_cache

from enuf.doctor.evidence import Evidence, Program, Server
from enuf.doctor.facts.app import Step, steps
from enuf.doctor.facts.loaded import loaded
from enuf.doctor.facts.module_names import full_name
from enuf.doctor.rule import Rule, Sign, at_node
from enuf.model.finding import Severity

_ALWAYS = frozenset(("PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "PWD", "TMPDIR"))
_LOADERS = ("load_dotenv", "dotenv", "environs", "read_env", "decouple", "read_envfile")


def check(evidence: Evidence) -> Iterator[Sign]:
    """Every `os.environ["X"]` of an import whose X is not in the ini, the unit or the code."""
    for server in evidence.servers:
        programs = loaded(evidence, server)
        if not programs or _comes_from_elsewhere(evidence, server, programs):
            continue
        known = _known(server) | _set_by(programs)
        for step in steps(programs):
            for name, node in _demands(step):
                if name not in known:
                    yield _sign(server, step, name, node)


def _sign(server: Server, step: Step, name: str, node: ast.AST) -> Sign:
    unit = server.start is not None and server.start.kind == "unit"
    severity: Severity = "warning" if unit and step.sure else "advice"
    place = "the unit" if unit else "uwsgi.ini"
    return at_node(
        step.program.path,
        node,
        f"the import needs the variable {name}, and {place} does not set it: what your shell exports "
        "does not reach a service, and the app fails with KeyError",
        severity=severity,
        hint=f"Environment={name}=..." if unit else f"env = {name}=...",
    )


def _comes_from_elsewhere(evidence: Evidence, server: Server, programs: tuple[Program, ...]) -> bool:
    """True when variables reach the app on a way that the files do not show."""
    start = server.start
    if start and (start.environ_open and start.kind != "supervisor"):
        return True
    if server.in_container or not server.config.is_whole:
        return True
    return any(word in program.text for program in programs for word in _LOADERS)


def _known(server: Server) -> set[str]:
    names = set(_ALWAYS) | set(server.start.environ if server.start else ())
    options = server.config.all("env", "unenv", "for-env")
    return names | {option.value.partition("=")[0].strip() for option in options}


def _set_by(programs: tuple[Program, ...]) -> set[str]:
    """The variables that the code itself sets, asks for or expects to be missing."""
    found: set[str] = set()
    for program in programs:
        for node in ast.walk(program.tree) if program.tree and "environ" in program.text else ():
            if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store):
                found.add(_key(program, node))
            elif isinstance(node, ast.Call) and full_name(program, node.func).endswith("environ.setdefault"):
                found |= {str(each.value) for each in node.args[:1] if isinstance(each, ast.Constant)}
            elif isinstance(node, ast.Compare) and isinstance(node.left, ast.Constant):
                found.add(str(node.left.value))
            elif isinstance(node, ast.Try):
                found |= {_key(program, each) for each in ast.walk(node) if isinstance(each, ast.Subscript)}
    return found


def _key(program: Program, node: ast.Subscript) -> str:
    if full_name(program, node.value) != "os.environ" or not isinstance(node.slice, ast.Constant):
        return ""
    return str(node.slice.value)


@lru_cache(64)
def _says_environ(text: str) -> bool:
    return "environ" in text


def _demands(step: Step) -> Iterator[tuple[str, ast.AST]]:
    """The variables that a statement reads without a way out."""
    node = step.node
    if isinstance(node, ast.Call) or not _says_environ(step.program.text):
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
            and (name := _key(step.program, each))
        ):
            yield name, each
        stack += ast.iter_child_nodes(each)


RULE = Rule("A004", "env-missing-under-service", "warning", check)
