"""A SQLite database in a folder that the workers' user may not write to."""

from __future__ import annotations

import ast
import posixpath
import re
from collections.abc import Iterator

from enuf.doctor.evidence import Evidence, Program, Server
from enuf.doctor.facts.host import (
    OF_ROOT,
    ROOTS,
    WRITE,
    closed_folder,
    is_scratch,
    may,
    uwsgi_group,
    uwsgi_user,
)
from enuf.doctor.facts.loaded import loaded
from enuf.doctor.facts.module_names import full_name
from enuf.doctor.rule import Rule, Sign, at_node, by_hand

_URL = re.compile(r"sqlite(?:\+\w+)?:///(?!:memory:)([^?]+)")


def check(evidence: Evidence) -> Iterator[Sign]:
    """Every database file that the source names."""
    for server in evidence.servers:
        user = uwsgi_user(server)
        if not user or user in ROOTS:
            continue
        for program in loaded(evidence, server):
            for node, path in _databases(program):
                folder = posixpath.dirname(posixpath.normpath(posixpath.join(server.directory, path)))
                if _is_closed(evidence, server, folder, user):
                    yield at_node(
                        program.path,
                        node,
                        f"{user} may not write to {folder}, where SQLite makes its journal: every write gets 500",
                        hint=f"a folder of its own: install -d -o {user} /var/lib/<app>",
                        fix=by_hand(
                            f"move the database into a folder that belongs to {user}, or chown the folder"
                        ),
                    )


def _databases(program: Program) -> Iterator[tuple[ast.AST, str]]:
    """The literals that name a database file."""
    for node in ast.walk(program.tree) if program.tree and "sqlite" in program.text else ():
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and len(node.value) < 1000:
            match = _URL.fullmatch(node.value)
            if match:
                yield node, match[1]
        elif isinstance(node, ast.Call) and full_name(program, node.func) == "sqlite3.connect" and node.args:
            path = node.args[0]
            if (
                isinstance(path, ast.Constant)
                and isinstance(path.value, str)
                and path.value[:1] not in ("", ":")
            ):
                yield path, path.value


def _is_closed(evidence: Evidence, server: Server, folder: str, user: str) -> bool:
    if not folder.startswith("/") or "\0" in folder:
        return False
    group = uwsgi_group(server)
    if closed_folder(evidence, f"{folder}/.x", user, group):
        return True
    allowed = may(evidence.fact(folder), user, group, WRITE)
    if folder in OF_ROOT:
        return allowed is not True
    return allowed is False and server.directory_known and not is_scratch(folder)


RULE = Rule("S010", "sqlite-readonly-after-uid", "warning", check)
