"""The module starts a server of its own while uWSGI imports it, so the import never ends."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from enuf.doctor.evidence import Evidence, Program
from enuf.doctor.facts.app import Step, calls, is_flask, value_behind
from enuf.doctor.facts.loaded import loaded
from enuf.doctor.facts.module_names import full_name, spelled
from enuf.doctor.rule import Rule, Sign, at_node, by_hand

_ENDLESS = ("werkzeug.serving.run_simple", "waitress.serve", "eventlet.wsgi.server", "bjoern.run")
_RUNNERS = ("SocketIO", "WSGIServer", "make_server", "ThreadedWSGIServer", "APIFlask")


def check(evidence: Evidence) -> Iterator[Sign]:
    """Every call that loading a served app makes and that serves requests itself."""
    for server in evidence.servers:
        programs = loaded(evidence, server)
        for step, call in calls(evidence, server):
            verdict = _serves(step, call, programs)
            if verdict is None:
                continue
            name = f"{spelled(call.func)}()"
            yield at_node(
                step.program.path,
                call,
                f"{name} runs while uWSGI imports the app: the import never returns, and no request is answered",
                severity=None if verdict and step.sure else "warning",
                hint='if __name__ == "__main__":',
                fix=by_hand(f'put {name} below `if __name__ == "__main__":`'),
            )


def _serves(step: Step, call: ast.Call, programs: tuple[Program, ...]) -> bool | None:
    """True when the call certainly serves for ever, False when it seems to, None when it does not."""
    if full_name(step.program, call.func) in _ENDLESS:
        return True
    if not isinstance(call.func, ast.Attribute):
        return None
    owner = call.func.value
    if call.func.attr == "serve_forever":
        return True
    if call.func.attr != "run":
        return None
    if is_flask(step, owner, programs) or _is_runner(step, owner):
        return True
    imported = full_name(step.program, owner)
    looks = imported.rpartition(".")[2] in ("app", "application", "flask_app") and not imported.startswith(
        "asyncio"
    )
    return False if looks and _may_be_flask(step, owner) else None


def _is_runner(step: Step, owner: ast.expr) -> bool:
    value = value_behind(step, owner)
    return isinstance(value, ast.Call) and full_name(step.program, value.func).rpartition(".")[2] in _RUNNERS


def _may_be_flask(step: Step, owner: ast.expr) -> bool:
    """True for a name that the module imports, or makes by a function that nobody can see."""
    value = value_behind(step, owner)
    return value is owner or (isinstance(value, ast.Call) and "app" in spelled(value.func).lower())


RULE = Rule("A001", "app-run-unguarded", "error", check)
