"""Werkzeug's debugger, or Flask's debug mode, under uWSGI."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from enuf.doctor.evidence import Evidence, Server
from enuf.doctor.facts.app_settings import flask_settings
from enuf.doctor.facts.load_steps import calls_on_load
from enuf.doctor.facts.module_names import full_name
from enuf.doctor.rule import Diagnostic, Rule, at_line, at_node, at_option, by_hand

_OFF = ("", "0", "false", "no", "off")


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every debugger around a served app, and every debug flag in its code and environment."""
    for server in evidence.servers:
        yield from _debuggers(evidence, server)
        yield from _flags(evidence, server)
        yield from _environment(server)


def _debuggers(evidence: Evidence, server: Server) -> Iterator[Diagnostic]:
    for step, call in calls_on_load(evidence, server):
        if (
            not step.sure
            or full_name(step.python_file, call.func).rpartition(".")[2] != "DebuggedApplication"
        ):
            continue
        console = _argument(call, "evalex", 1)
        closed = console is None or (isinstance(console, ast.Constant) and not console.value)
        open_console = not closed
        yield at_node(
            step.python_file.path,
            call,
            "the debugger answers every error with the source, the variables"
            + (
                " and a Python console that runs what a visitor types"
                if open_console
                else " and the traceback"
            ),
            severity=None if open_console else "warning",
            hint="take DebuggedApplication out",
            fix=by_hand("take DebuggedApplication out"),
        )


def _argument(call: ast.Call, name: str, position: int) -> ast.expr | None:
    """Return an argument of a call, None if it is not given. A missing `evalex` means off."""
    for keyword in call.keywords:
        if keyword.arg == name:
            return keyword.value
    return call.args[position] if len(call.args) > position else None


def _flags(evidence: Evidence, server: Server) -> Iterator[Diagnostic]:
    for setting in flask_settings(evidence, server):
        on = isinstance(setting.value, ast.Constant) and setting.value.value in (True, 1)
        if setting.name == "DEBUG" and on and setting.sure:
            yield at_node(
                setting.python_file.path,
                setting.node,
                "debug mode is on whenever uWSGI loads the app: errors are shown to visitors, or end in a bare 500",
                severity="warning",
                hint="leave debug mode to `flask run --debug` on your own machine",
                fix=by_hand("take the line out"),
            )


def _environment(server: Server) -> Iterator[Diagnostic]:
    for option in server.config.all("env"):
        name, _, value = option.value.partition("=")
        if _is_debug(name.strip(), value.strip()) and not option.conditional:
            yield at_option(
                option,
                f"{name.strip()} turns Flask's debug mode on in production",
                severity="warning",
                hint="take the line out",
                fix=by_hand("take the line out"),
            )
    start = server.start
    for name, value in start.environ.items() if start else ():
        if start and _is_debug(name, value) and start.kind == "unit":
            yield at_line(
                start.file,
                _line_of(server, name) or start.line,
                f"{name} turns Flask's debug mode on in production",
                severity="warning",
                hint="take it out",
                fix=by_hand("take the variable out of the unit"),
            )


def _line_of(server: Server, name: str) -> int:
    unit = server.start.unit if server.start else None
    settings = unit.all("Environment") if unit else ()
    return next((each.line for each in settings if name in each.value), 0)


def _is_debug(name: str, value: str) -> bool:
    value = value.strip("\"'").lower()
    return (name == "FLASK_DEBUG" and value not in _OFF) or (name == "FLASK_ENV" and value == "development")


RULE = Rule("A007", "debugger-enabled", "error", check)
