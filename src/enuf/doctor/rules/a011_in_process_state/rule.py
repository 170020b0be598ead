"""A module-level variable that a view changes, while each worker has its own copy."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from enuf.doctor.evidence import Evidence, PythonFile, Server
from enuf.doctor.facts.loaded_files import loaded_files
from enuf.doctor.facts.module_names import full_name, module_names
from enuf.doctor.facts.workers import all_servers, worker_count
from enuf.doctor.rule import Diagnostic, Rule, at_node, by_hand
from enuf.syntax.python_source import all_nodes

_MAKERS = (
    "dict", "list", "set", "defaultdict", "Counter", "deque", "OrderedDict", "count", "LifoQueue", "Queue", "SimpleCache",
)  # fmt: skip
_WRITERS = (
    "append", "add", "update", "pop", "remove", "extend", "insert", "clear", "setdefault", "discard", "appendleft",
    "popleft", "popitem", "put",
)  # fmt: skip
_HANDLERS = (
    "route", "get", "post", "put", "delete", "patch", "before_request", "after_request", "teardown_request", "on",
)  # fmt: skip


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every module-level value that a view changes while several workers answer requests."""
    for server in all_servers(evidence):
        count = worker_count(server)
        if count is not None and count < 2:
            continue
        for python_file in loaded_files(evidence, server):
            for name, node in _written(python_file):
                cache = "cache" in name.lower()
                yield at_node(
                    python_file.path,
                    node,
                    f"each worker has its own `{name}`: which value a request sees depends on the worker that answers",
                    severity="advice" if cache or count is None else None,
                    hint="keep it in a database or in Redis"
                    + (" or in uWSGI's cache" if isinstance(server, Server) else ""),
                    fix=by_hand(f"keep `{name}` outside of the processes"),
                )


def _written(python_file: PythonFile) -> Iterator[tuple[str, ast.AST]]:
    """Return the module-level values that views write to, each with the first place where they do."""
    names = module_names(python_file)
    mutable = {name for name, value in names.values.items() if _is_mutable(value)}
    plain = {name for name, value in names.values.items() if _is_plain(value)}
    seen: set[str] = set()
    for function, nodes in _views(python_file):
        local = {each.arg for each in function.args.args} | _assigned(nodes)
        shared = {name for node in nodes if isinstance(node, ast.Global) for name in node.names}
        for node in nodes:
            name = _target(python_file, node)
            own = name in mutable and (name not in local or name in shared)
            counted = name in shared and name in plain | mutable and _is_rebound(node)
            if name and name not in seen and (own or counted):
                seen.add(name)
                yield name, node


def _views(python_file: PythonFile) -> Iterator[tuple[ast.FunctionDef, tuple[ast.AST, ...]]]:
    """Yield the functions that answer requests, and the functions of the module that they call, with their nodes."""
    if not any(f".{name}" in python_file.text for name in _HANDLERS):
        return
    functions = [node for node in python_file.nodes if isinstance(node, ast.FunctionDef)]
    views = [each for each in functions if any(_handles(one) for one in each.decorator_list)]
    for view in views:
        nodes = all_nodes(view)
        yield view, nodes
        for node in nodes:
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                called = module_names(python_file).functions.get(node.func.id)
                if called and called not in views:
                    views.append(called)


def _handles(decorator: ast.expr) -> bool:
    target = decorator.func if isinstance(decorator, ast.Call) else decorator
    return isinstance(target, ast.Attribute) and target.attr in _HANDLERS


def _assigned(nodes: tuple[ast.AST, ...]) -> set[str]:
    return {
        target.id
        for node in nodes
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }


def _is_mutable(value: ast.expr) -> bool:
    if isinstance(value, ast.Dict | ast.List | ast.Set | ast.DictComp | ast.ListComp):
        return True
    return isinstance(value, ast.Call) and _last(value.func) in _MAKERS


def _is_plain(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant)


def _last(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _is_rebound(node: ast.AST) -> bool:
    return isinstance(node, ast.Assign | ast.AugAssign)


def _target(python_file: PythonFile, node: ast.AST) -> str:
    """Return the name whose value a node changes, empty if it changes none."""
    places: list[ast.expr] = []
    if isinstance(node, ast.Assign | ast.Delete):
        places = list(node.targets)
    elif isinstance(node, ast.AugAssign):
        places = [node.target]
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _WRITERS:
        return _root(python_file, node.func.value)
    return next((name for place in places if (name := _root(python_file, place))), "")


def _root(python_file: PythonFile, place: ast.expr) -> str:
    while isinstance(place, ast.Subscript):
        place = place.value
    return full_name(python_file, place) if isinstance(place, ast.Name) else ""


RULE = Rule("A011", "in-process-state", "warning", check)
