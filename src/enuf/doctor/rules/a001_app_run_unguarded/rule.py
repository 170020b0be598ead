"""A module that starts a server of its own while uWSGI imports it, so that the import never ends."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from enuf.doctor.evidence import Evidence, PythonFile
from enuf.doctor.facts.load_steps import LoadStep, calls_on_load, is_flask_object, value_behind
from enuf.doctor.facts.loaded_files import loaded_files
from enuf.doctor.facts.module_names import call_name, full_name
from enuf.doctor.facts.workers import all_servers, program_name
from enuf.doctor.rule import Diagnostic, Rule, at_node, by_hand

_ENDLESS = ("werkzeug.serving.run_simple", "waitress.serve", "eventlet.wsgi.server", "bjoern.run")
_RUNNERS = ("SocketIO", "WSGIServer", "make_server", "ThreadedWSGIServer", "APIFlask")


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every call that serves requests by itself and is made while uWSGI loads an app."""
    for server in all_servers(evidence):
        python_files = loaded_files(evidence, server)
        for step, call in calls_on_load(evidence, server):
            verdict = _serves(step, call, python_files)
            if verdict is None:
                continue
            name = f"{call_name(call.func)}()"
            yield at_node(
                step.python_file.path,
                call,
                f"{name} runs while {program_name(server)} imports the app: the import never returns, and no request is answered",
                severity=None if verdict and step.sure else "warning",
                hint='if __name__ == "__main__":',
                fix=by_hand(f'put {name} below `if __name__ == "__main__":`'),
            )


def _serves(step: LoadStep, call: ast.Call, python_files: tuple[PythonFile, ...]) -> bool | None:
    """Return whether a call serves requests itself.

    True: it does, until it is stopped. False: its name suggests that it does. None: it does not.
    """
    if full_name(step.python_file, call.func) in _ENDLESS:
        return True
    if not isinstance(call.func, ast.Attribute):
        return None
    owner = call.func.value
    if call.func.attr == "serve_forever":
        return True
    if call.func.attr != "run":
        return None
    if is_flask_object(step, owner, python_files) or _is_runner(step, owner):
        return True
    imported = full_name(step.python_file, owner)
    looks = imported.rpartition(".")[2] in ("app", "application", "flask_app") and not imported.startswith(
        "asyncio"
    )
    return False if looks and _may_be_flask(step, owner) else None


def _is_runner(step: LoadStep, owner: ast.expr) -> bool:
    value = value_behind(step, owner)
    return (
        isinstance(value, ast.Call) and full_name(step.python_file, value.func).rpartition(".")[2] in _RUNNERS
    )


def _may_be_flask(step: LoadStep, owner: ast.expr) -> bool:
    """Return True for a name that the module imports, or binds to the result of a function out of sight."""
    value = value_behind(step, owner)
    return value is owner or (isinstance(value, ast.Call) and "app" in call_name(value.func).lower())


RULE = Rule("A001", "app-run-unguarded", "error", check)
