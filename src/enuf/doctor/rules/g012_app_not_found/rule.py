"""A `module:app` whose module does not have the name, or a factory that nobody calls."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from enuf.doctor.evidence import Evidence, PythonFile, PythonServer
from enuf.doctor.facts.app_servers import at_app_setting
from enuf.doctor.facts.nginx import is_template
from enuf.doctor.facts.python_import import bound_names, is_open_ended
from enuf.doctor.rule import Diagnostic, Rule

_LIKELY = ("app", "application", "create_app", "make_app", "server", "api")


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every app that its module does not bind, and every factory that is taken for an app."""
    for server in evidence.app_servers:
        yield from _dotted_name(evidence, server)
        python_file, name = server.python_file, server.callable
        if python_file is None or is_open_ended(python_file) or is_template(evidence, server.start.file):
            continue
        bound = bound_names(python_file)
        plain = name.partition("(")[0]
        if not plain.isidentifier() or plain.startswith("__"):
            continue  # a library puts `__hug_wsgi__` and the like into the module
        if plain not in bound:
            yield _missing(server, python_file, plain, tuple(bound))
        elif _is_uncalled(server, bound[plain], name):
            yield at_app_setting(
                server,
                "wsgi_app",
                f"{name} is a function that makes the app, and {server.program} takes it for the app itself: "
                "every request ends with 500 and a TypeError",
                hint=f"{server.module}:{name}()",
                evidence=(f"{python_file.path}: def {name}",),
            )


def _dotted_name(evidence: Evidence, server: PythonServer) -> Iterator[Diagnostic]:
    """Report `shop.wsgi.application`, of which gunicorn takes the last word for a module."""
    parent, _, name = server.module.rpartition(".")
    if server.program != "gunicorn" or name not in _LIKELY or not parent or server.python_file:
        return
    tail = f"/{parent.replace('.', '/')}.py"
    holders = [each for each in evidence.python_files if each.path.endswith(tail)]
    if len(holders) == 1 and name in bound_names(holders[0]):
        yield at_app_setting(
            server,
            "wsgi_app",
            f"gunicorn takes {name} for a module of {parent}: `ModuleNotFoundError`, gunicorn does not start",
            hint=f"{parent}:{name}",
            evidence=(f"{holders[0].path}: {name}",),
        )


def _missing(server: PythonServer, python_file: PythonFile, name: str, bound: tuple[str, ...]) -> Diagnostic:
    likely = next((each for each in _LIKELY if each in bound), "")
    file = python_file.path.rpartition("/")[2]
    return at_app_setting(
        server,
        "wsgi_app",
        f"{file} has no `{name}`: {server.program} does not start",
        hint=f"{server.module}:{likely}{'()' if likely in ('create_app', 'make_app') else ''}"
        if likely
        else "",
        evidence=(python_file.path,),
    )


def _is_uncalled(server: PythonServer, bound: object, name: str) -> bool:
    """Return True for a function without the parameters of a WSGI or ASGI app."""
    if not isinstance(bound, ast.FunctionDef) or name.endswith(")") or bound.decorator_list:
        return False
    if server.program != "gunicorn":
        return False  # uvicorn calls a function without parameters, and serves what comes back
    required = len(bound.args.args) + len(bound.args.posonlyargs) - len(bound.args.defaults)
    return required == 0 and bound.args.vararg is None


RULE = Rule("G012", "app-not-found", "error", check)
