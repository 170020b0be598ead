"""A callable that the module does not define."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from enuf.doctor.evidence import AppTarget, Evidence, PythonFile, Server
from enuf.doctor.facts.python_import import bound_names, flask_names, is_open_ended
from enuf.doctor.facts.uwsgi import comment_in
from enuf.doctor.rule import Diagnostic, Rule, add_options, at_option, write_value
from enuf.model.finding import Fix


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every app whose source is among the files and does not bind the callable."""
    for server in evidence.servers:
        for target in server.targets:
            if target.python_file and _is_missing(target, target.python_file):
                if _has_another_app(server, target):
                    continue  # uWSGI serves the module, or the file where the module fails (U062)
                yield _diagnostic(server, target, flask_names(target.python_file))
            elif target.python_file and _is_uncalled(target, target.python_file):
                yield _factory(target)


def _has_another_app(server: Server, target: AppTarget) -> bool:
    """Return True for one of a module and a wsgi-file in one configuration."""
    others = {"wsgi-file": "module", "module": "wsgi-file"}
    other = others.get(target.option.name)
    return other is not None and server.config.last(other) is not None


def _is_missing(target: AppTarget, python_file: PythonFile) -> bool:
    option = target.callable_option
    if option and (option.unresolved or option.conditional or comment_in(option)):
        return False
    if is_open_ended(python_file) or _registers_apps(python_file):
        return False
    return target.callable.partition(".")[0] not in bound_names(python_file)


def _registers_apps(python_file: PythonFile) -> bool:
    """Return True for a module that fills `uwsgi.applications`, where uWSGI finds the apps before it looks for a name."""
    return "uwsgi" in python_file.text and "applications" in python_file.text


def _is_uncalled(target: AppTarget, python_file: PythonFile) -> bool:
    """Return True for the bare name of a factory, which uWSGI would call as the app."""
    option = target.callable_option or target.option
    named = (
        option.value.strip().endswith(target.callable) and not option.unresolved and not option.conditional
    )
    return named and _is_factory(bound_names(python_file).get(target.callable))


def _factory(target: AppTarget) -> Diagnostic:
    option = target.callable_option or target.option
    return at_option(
        option,
        f"`{target.callable}` makes the app, but uWSGI calls it as if it were the app: every request will be answered with 500",
        hint=f"{option.key} = {option.value}()",
        fix=write_value(option, f"{option.value}()"),
    )


def _diagnostic(server: Server, target: AppTarget, names: tuple[str, ...]) -> Diagnostic:
    file = (target.python_file.path if target.python_file else "").rpartition("/")[2]
    message = f"{file} has no name `{target.callable}`"
    if target.callable_option is None:
        message += ", which uWSGI looks for when no callable is given"
    if len(names) == 1:
        message += f"; its Flask object is called `{names[0]}`"
    name = names[0] if len(names) == 1 else ""
    return at_option(
        target.callable_option or target.option,
        f"{message}: every request will be answered with 500",
        hint=_line(target, name),
        fix=_fix(server, target, name),
    )


def _line(target: AppTarget, name: str) -> str:
    if not name:
        return "name the WSGI callable of the module"
    if target.callable_option and target.callable_option.name == "module":
        return f"{target.option.key} = {target.module}:{name}"
    return f"callable = {name}"


def _fix(server: Server, target: AppTarget, name: str) -> Fix | None:
    option = target.callable_option
    if not name or target.guessed or target.option.name == "mount":
        return None
    if option is None:
        return add_options(server.config, f"callable = {name}")
    return write_value(option, f"{target.module}:{name}" if option is target.option else name)


def _is_factory(value: ast.AST | None) -> bool:
    """Return True for a plain function that cannot be called with (environ, start_response)."""
    if not isinstance(value, ast.FunctionDef) or value.decorator_list or value.args.vararg:
        return False
    most = len(value.args.posonlyargs) + len(value.args.args)
    least = most - len(value.args.defaults)
    return not least <= 2 <= most


RULE = Rule("U010", "wrong-callable", "error", check)
