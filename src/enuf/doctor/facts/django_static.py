"""Where `collectstatic` of a Django project writes its files on the host."""

from __future__ import annotations

import ast
import posixpath

from enuf.doctor.evidence import AnyServer, Evidence, PythonFile
from enuf.doctor.facts.django import last_assignment
from enuf.doctor.facts.python_import import dotted

_DEPTH_LIMIT = 10


def static_root(evidence: Evidence, server: AnyServer) -> tuple[PythonFile, ast.Assign, str] | None:
    """Return the settings file, the line of STATIC_ROOT and its folder on the host, None if that is not sure."""
    found = last_assignment(evidence, server, "STATIC_ROOT")
    if found is None:
        return None
    python_file, node = found
    base = last_assignment(evidence, server, "BASE_DIR")
    folder = base_folder(python_file.path, base[1].value) if base else ""
    path = _path(node.value, on_host(server, folder) if folder else "", 0)
    return (python_file, node, posixpath.normpath(path)) if path.startswith("/") else None


def on_host(server: AnyServer, path: str) -> str:
    """Return where a file of the project lies on the host, by the folder of the server and the path of its module."""
    source = server.python_files[0].path if server.python_files else ""
    module = getattr(server, "module", "")
    tail = f"/{module.replace('.', '/')}.py"
    if not module or not source.endswith(tail):
        return ""
    project = source[: -len(tail)]
    if path != project and not path.startswith(project + "/"):
        return ""
    return posixpath.normpath(f"{server.directory}/{path[len(project) :]}")


def base_folder(path: str, node: ast.expr) -> str:
    """Return the folder that `Path(__file__).resolve().parent.parent` and its older forms mean, empty for others."""
    for _ in range(_DEPTH_LIMIT):
        match node:
            case ast.Name(id="__file__"):
                return path
            case ast.Attribute(value=value, attr="parent"):
                return posixpath.dirname(base_folder(path, value))
            case ast.Subscript(
                value=ast.Attribute(value=value, attr="parents"), slice=ast.Constant(value=int() as number)
            ):
                folder = base_folder(path, value)
                for _ in range(min(number + 1, _DEPTH_LIMIT)):
                    folder = posixpath.dirname(folder)
                return folder
            case ast.Call(func=ast.Attribute(value=value, attr="resolve" | "absolute"), args=[]):
                node = value
            case ast.Call(args=[argument]):
                if dotted(node.func) in ("os.path.dirname", "dirname"):
                    return posixpath.dirname(base_folder(path, argument))
                if dotted(node.func) not in (
                    "Path",
                    "pathlib.Path",
                    "os.path.abspath",
                    "abspath",
                    "os.path.realpath",
                    "str",
                ):
                    return ""
                node = argument
            case _:
                return ""
    return ""


def _path(node: ast.expr, base: str, depth: int) -> str:
    """Return the path that an expression of literals and BASE_DIR means, empty for any other."""
    if depth > _DEPTH_LIMIT:
        return ""
    match node:
        case ast.Constant(value=str() as text):
            return text
        case ast.Name(id="BASE_DIR"):
            return base
        case ast.BinOp(left=left, op=ast.Div(), right=right):
            parts = [_path(left, base, depth + 1), _path(right, base, depth + 1)]
        case ast.Call(args=arguments) if (
            dotted(node.func) in ("os.path.join", "str", "Path", "join") and arguments
        ):
            parts = [_path(each, base, depth + 1) for each in arguments]
        case _:
            return ""
    return posixpath.join(*parts) if all(parts) else ""
