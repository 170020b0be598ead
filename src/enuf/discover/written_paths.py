"""Files and folders that an app writes beside its code, found by the syntax trees of its sources; nothing is run."""

from __future__ import annotations

import ast
import os
import posixpath
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import msgspec

from enuf.discover.source import SOURCE_LIMIT_BYTES, quiet_parse
from enuf.system.files import read_regular

MOST_FILES = 400
MOST_FOUND = 20
_NOT_OF_THE_APP = frozenset(
    ("tests", "test", "node_modules", "site-packages", "migrations", "build", "dist", "docs")
)
_DATABASE_URL = re.compile(r"sqlite(?:\+\w+)?:///(?!/*:memory:)(?P<path>[^?\s]+)")
_DATABASE_FILE = re.compile(r"[\w./-]+\.(?:db|db3|sqlite|sqlite3)")
_FOLDER_SETTING = re.compile(
    r"UPLOAD_FOLDER|UPLOAD_(?:DIR|DIRECTORY|PATH)|UPLOADED_\w+_DEST|SESSION_FILE_DIR"
)
_KNOWS_BETTER = "STATE_DIRECTORY"
"""A source that names the variable has a place to write already."""

PathKind = Literal["database", "folder", "instance"]


class WrittenPath(msgspec.Struct, frozen=True, kw_only=True):
    """A path that the app writes, and the line that says so."""

    kind: PathKind
    path: str
    """Absolute."""
    file: str
    """The source, relative to the project."""
    line: int


def written_paths(project: Path) -> list[WrittenPath]:
    """Return what the sources of a project write inside of the project, each path once."""
    found: dict[str, WrittenPath] = {}
    trees = list(_trees(project))
    in_instance = any(_uses_flask_sqlalchemy(tree) for _, tree in trees)
    for file, tree in trees:
        written = list(_written_by(tree))
        in_instance_path = {line for kind, _, line in written if kind == "instance"}
        for kind, path, line in written:
            if kind == "database" and line in in_instance_path:
                continue  # `os.path.join(app.instance_path, "shop.db")`
            folder = "instance" if kind == "database" and path.startswith("url:") and in_instance else ""
            full = posixpath.normpath(posixpath.join(project, folder, path.removeprefix("url:")))
            if full.startswith(f"{project}/"):
                found.setdefault(full, WrittenPath(kind=kind, path=full, file=file, line=line))
    return list(found.values())[:MOST_FOUND]


def _trees(project: Path) -> Iterator[tuple[str, ast.AST]]:
    """Yield the name and the syntax tree of each source, without those that know of a place to write."""
    for file in _sources(project):
        try:
            text = read_regular(file, SOURCE_LIMIT_BYTES).decode()
        except (OSError, UnicodeDecodeError):
            continue
        tree = None if _KNOWS_BETTER in text else quiet_parse(text)
        if tree is not None:
            yield str(file.relative_to(project)), tree


def _sources(project: Path) -> Iterator[Path]:
    left = MOST_FILES
    for folder, folders, names in os.walk(project):
        folders[:] = sorted(name for name in folders if _is_of_the_app(Path(folder, name)))
        for name in sorted(names):
            if name.endswith(".py") and left:
                left -= 1
                yield Path(folder, name)


def _is_of_the_app(folder: Path) -> bool:
    name = folder.name
    return not (name.startswith(".") or name in _NOT_OF_THE_APP or os.path.lexists(folder / "pyvenv.cfg"))


def _written_by(tree: ast.AST) -> Iterator[tuple[PathKind, str, int]]:
    try:
        for node in ast.walk(tree):
            yield from _written_at(node)
    except RecursionError:
        return


def _written_at(node: ast.AST) -> Iterator[tuple[PathKind, str, int]]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        if match := _DATABASE_URL.match(node.value):
            yield "database", f"url:{match['path']}", node.lineno
        elif _DATABASE_FILE.fullmatch(node.value):
            yield "database", node.value, node.lineno
    elif isinstance(node, ast.Attribute) and node.attr == "instance_path":
        yield "instance", "instance", node.lineno
    elif (named := _setting_at(node)) and (folder := _last_text(named)):
        yield "folder", folder, getattr(node, "lineno", named.lineno)


def _setting_at(node: ast.AST) -> ast.expr | None:
    """Return the value of a setting that names a folder for uploads; None for any other node."""
    if isinstance(node, ast.keyword) and node.arg and _FOLDER_SETTING.fullmatch(node.arg):
        return node.value
    if isinstance(node, ast.Assign):
        names = (_name_of(target) for target in node.targets)
        return node.value if any(_FOLDER_SETTING.fullmatch(name) for name in names) else None
    if isinstance(node, ast.AnnAssign) and _FOLDER_SETTING.fullmatch(_name_of(node.target)):
        return node.value
    return None


def _name_of(target: ast.expr) -> str:
    """Return the name that is assigned: of a variable, an attribute or a key."""
    if isinstance(target, ast.Name):
        return target.id
    if isinstance(target, ast.Attribute):
        return target.attr
    if isinstance(target, ast.Subscript) and isinstance(target.slice, ast.Constant):
        return str(target.slice.value)
    return ""


def _last_text(value: ast.expr) -> str:
    """Return the last text of an expression: `uploads` of `os.path.join(HERE, "uploads")`."""
    texts = [
        node.value
        for node in ast.walk(value)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    return texts[-1] if texts else ""


def _uses_flask_sqlalchemy(tree: ast.AST) -> bool:
    """Return True for a source that imports Flask-SQLAlchemy, to which a relative URL lies in the instance folder."""
    return any(
        (isinstance(node, ast.ImportFrom) and node.module == "flask_sqlalchemy")
        or (isinstance(node, ast.Import) and any(each.name == "flask_sqlalchemy" for each in node.names))
        for node in ast.walk(tree)
    )
