"""A SQLite database in a folder that the workers' user may not write to."""

from __future__ import annotations

import ast
import posixpath
import re
from collections.abc import Iterator

from enuf.doctor.evidence import Evidence, PythonFile, Server
from enuf.doctor.facts.host import (
    ROOT_FOLDERS,
    ROOT_USERS,
    WRITE,
    closed_folder,
    is_only_around,
    may_access,
    uwsgi_group,
    uwsgi_user,
)
from enuf.doctor.facts.loaded_files import loaded_files
from enuf.doctor.facts.module_names import full_name
from enuf.doctor.rule import Diagnostic, Rule, at_node, by_hand

_FLASK_SQLALCHEMY = ("flask_sqlalchemy", "SQLALCHEMY_DATABASE_URI")
"""What stands in the source of an app with Flask-SQLAlchemy: the package, or the key of its setting."""
_URL = re.compile(r"sqlite(?:\+\w+)?:///(?!:memory:)([^?]+)")


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every database file of the source that the workers' user cannot write, or whose folder is closed."""
    for server in evidence.servers:
        user = uwsgi_user(server)
        if not user or user in ROOT_USERS:
            continue
        for python_file in loaded_files(evidence, server):
            for node, path in _databases(python_file):
                place = posixpath.normpath(posixpath.join(server.directory, path))
                message = _problem(evidence, server, place, user)
                if message:
                    yield at_node(
                        python_file.path,
                        node,
                        message,
                        hint=f"a folder of its own: install -d -o {user} /var/lib/<app>",
                        fix=by_hand(
                            f"move the database into a folder that belongs to {user}, or chown the folder"
                        ),
                    )


def _problem(evidence: Evidence, server: Server, place: str, user: str) -> str:
    """Return why the user cannot write the database, empty if the user can, or if that is not known."""
    folder = posixpath.dirname(place)
    if _is_closed(evidence, server, folder, user):
        return f"{user} may not write to {folder}, where SQLite makes its journal: every write gets 500"
    is_judged = server.directory_known and not is_only_around(evidence, folder)
    if is_judged and may_access(evidence.fact(place), user, uwsgi_group(server), WRITE) is False:
        return f"{user} may not write {place}: every write gets 500"
    return ""


def _databases(python_file: PythonFile) -> Iterator[tuple[ast.AST, str]]:
    """Yield the string literals that name a database file."""
    for node in python_file.nodes if "sqlite" in python_file.text else ():
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and len(node.value) < 1000:
            match = _URL.fullmatch(node.value)
            if match:
                yield node, _in_instance(python_file, match[1])
        elif (
            isinstance(node, ast.Call)
            and full_name(python_file, node.func) == "sqlite3.connect"
            and node.args
        ):
            path = node.args[0]
            if (
                isinstance(path, ast.Constant)
                and isinstance(path.value, str)
                and path.value[:1] not in ("", ":")
            ):
                yield path, path.value


def _in_instance(python_file: PythonFile, path: str) -> str:
    """Return the path from the app's folder: Flask-SQLAlchemy takes a relative one from the instance folder."""
    is_taken = not path.startswith("/") and any(name in python_file.text for name in _FLASK_SQLALCHEMY)
    return f"instance/{path}" if is_taken else path


def _is_closed(evidence: Evidence, server: Server, folder: str, user: str) -> bool:
    if not folder.startswith("/") or "\0" in folder:
        return False
    group = uwsgi_group(server)
    if closed_folder(evidence, f"{folder}/.x", user, group):
        return True
    allowed = may_access(evidence.fact(folder), user, group, WRITE)
    if folder in ROOT_FOLDERS:
        return allowed is not True
    return allowed is False and server.directory_known and not is_only_around(evidence, folder)


RULE = Rule("S010", "sqlite-readonly-after-uid", "warning", check)
