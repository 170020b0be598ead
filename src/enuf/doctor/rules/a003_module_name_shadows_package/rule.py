"""A file of the project in the place of a package that the app imports."""

from __future__ import annotations

import ast
import posixpath
from collections.abc import Iterator

from enuf.doctor.evidence import AnyServer, Evidence, LazyTree, PythonFile
from enuf.doctor.facts.loaded_files import import_roots, loaded_files
from enuf.doctor.facts.module_names import module_names
from enuf.doctor.facts.python_import import bound_names, imported_modules, is_open_ended
from enuf.doctor.facts.workers import all_servers
from enuf.doctor.rule import Diagnostic, Rule, at_line, at_node, by_hand

_PACKAGES = frozenset(
    [
        "flask",
        "werkzeug",
        "jinja2",
        "click",
        "markupsafe",
        "itsdangerous",
        "blinker",
        "sqlalchemy",
        "flask_sqlalchemy",
        "requests",
        "redis",
        "celery",
        "psycopg2",
        "pymysql",
        "pymongo",
        "numpy",
        "pandas",
        "dotenv",
        "yaml",
        "jwt",
        "boto3",
        "gunicorn",
        "uwsgidecorators",
        "flask_login",
        "flask_cors",
    ]
)
_NEEDED_BY_FLASK = frozenset(
    [
        "ast",
        "base64",
        "calendar",
        "code",
        "codeop",
        "contextvars",
        "copy",
        "csv",
        "dataclasses",
        "datetime",
        "decimal",
        "difflib",
        "dis",
        "email",
        "getpass",
        "gettext",
        "hashlib",
        "hmac",
        "html",
        "http",
        "inspect",
        "ipaddress",
        "json",
        "linecache",
        "locale",
        "logging",
        "mimetypes",
        "numbers",
        "pickle",
        "pkgutil",
        "platform",
        "pprint",
        "random",
        "secrets",
        "select",
        "selectors",
        "shutil",
        "signal",
        "socket",
        "socketserver",
        "ssl",
        "string",
        "struct",
        "tempfile",
        "textwrap",
        "threading",
        "token",
        "tokenize",
        "traceback",
        "typing",
        "unicodedata",
        "urllib",
        "uuid",
        "zipfile",
    ]
)
"""Modules of the standard library that Flask imports, and that a file beside the app would replace."""


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every file that bears the name of an imported module and comes first on the module path."""
    for server in all_servers(evidence):
        python_files = loaded_files(evidence, server)
        paths = {python_file.path: python_file for python_file in evidence.python_files}
        yield from _own_names(python_files, server)
        if not any(
            "flask" in module_names(python_file).imports.values() or _flask(python_file)
            for python_file in python_files
        ):
            continue
        for root in import_roots(server)[:3]:
            for name in sorted(_PACKAGES | _NEEDED_BY_FLASK):
                file = paths.get(posixpath.join(root, f"{name}.py"))
                if file:
                    yield from _shadows(file, name, python_files)


def _flask(python_file: PythonFile) -> bool:
    return any(
        module.partition(".")[0] == "flask"
        for module, level, _ in module_names(python_file).modules
        if not level
    )


def _own_names(python_files: tuple[PythonFile, ...], server: AnyServer) -> Iterator[Diagnostic]:
    """Report modules that import themselves where a package of that name is meant."""
    roots = import_roots(server)
    for python_file in python_files:
        folder, _, file = python_file.path.rpartition("/")
        name = file.removesuffix(".py")
        if folder not in roots or name in _PACKAGES or not file.endswith(".py"):
            continue
        if any(each.path == f"{folder}/{name}/__init__.py" for each in python_files):
            continue  # Python prefers a package to a module of its name
        for module, statement in imported_modules(python_file):
            if (
                module == name
                and isinstance(statement, ast.ImportFrom)
                and not _bound_before(python_file, statement)
            ):
                yield at_node(
                    python_file.path,
                    statement,
                    f"{file} imports from `{name}`, which is {file} itself: the import is circular and the app is not found",
                    hint="give the file another name",
                    fix=by_hand(f"rename {file}, and the module in uwsgi.ini with it"),
                )


def _bound_before(python_file: PythonFile, statement: ast.ImportFrom) -> bool:
    names = {alias.name for alias in statement.names}
    earlier = (
        [each for each in python_file.tree.body if each.lineno < statement.lineno] if python_file.tree else []
    )
    parsed = LazyTree()
    parsed.tree = ast.Module(body=earlier, type_ignores=[])
    bound = bound_names(PythonFile(path=python_file.path, text="", parsed=parsed))
    return "*" in names or names <= set(bound)


def _shadows(file: PythonFile, name: str, python_files: tuple[PythonFile, ...]) -> Iterator[Diagnostic]:
    wanted: set[str] = set()
    users = []
    for python_file in python_files:
        for module, statement in imported_modules(python_file):
            if module.partition(".")[0] == name:
                users.append(python_file)
                if isinstance(statement, ast.ImportFrom):
                    wanted |= {alias.name for alias in statement.names} if module == name else {module}
    if name in _PACKAGES and not users and name not in ("werkzeug", "jinja2", "click", "markupsafe"):
        return
    bound = set(bound_names(file))
    itself = any(module.partition(".")[0] == name for module, _ in imported_modules(file))
    breaks = name in _PACKAGES and (itself or not wanted <= bound | {"*"}) and not is_open_ended(file)
    short = f"{name}.py"
    yield at_line(
        file.path,
        1,
        f"{short} stands where Python looks first, so that it is imported in place of the real `{name}`",
        severity=None if breaks else "warning",
        hint=f"rename {short}",
        fix=by_hand(f"rename {short}"),
    )


RULE = Rule("A003", "module-name-shadows-package", "error", check)
