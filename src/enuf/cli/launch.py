"""The way from an invocation to a running stack, in the foreground or detached."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec
from msgspec.structs import replace

from enuf.cli.report import PipeReporter, TerminalReporter, follow
from enuf.cli.verb import Globals
from enuf.errors import Conflict, EnufError
from enuf.model.address import Address
from enuf.model.paths import StackPaths
from enuf.model.plan import Plan
from enuf.prepare import Invocation, assumed, full_plan, outline, plan_of, prove, read_settings
from enuf.run.listeners import Listeners
from enuf.run.reporter import Reporter
from enuf.run.state import recover
from enuf.settings.load import Loaded
from enuf.system import files
from enuf.system.place import locate, prepare_place


class Start(msgspec.Struct):
    """All that a supervisor is started with."""

    plan: Plan
    make: Callable[[], Plan]
    proven: bool
    listeners: Listeners
    warnings: list[str]


def launch(invocation: Invocation, environ: Mapping[str, str], *, detach: bool, flags: Globals) -> int:
    """Run the stack; the exit code. Detached, it returns once the stack serves. Raises EnufError."""
    loaded = read_settings(invocation, environ)
    terminal = TerminalReporter(quiet=flags.quiet, as_json=flags.json, dev=invocation.dev)
    if detach:
        return _launch_detached(invocation, loaded, environ, terminal)
    start, lock = _make_start(invocation, loaded, environ)
    return _supervise(start, environ, terminal, lock)


def _launch_detached(
    invocation: Invocation, loaded: Loaded, environ: Mapping[str, str], terminal: TerminalReporter
) -> int:
    """Everything that can be refused is refused here, in sight; then a child goes to the background."""
    start, lock = _make_start(invocation, loaded, environ)
    read_end, write_end = os.pipe()
    pid = os.fork()
    if pid:
        os.close(write_end)
        os.close(lock)  # the child holds it now: the lock belongs to the open file
        start.listeners.forget()
        return follow(read_end, terminal)
    os.close(read_end)
    os.setsid()
    _leave_terminal(start.plan.paths)
    code = 70
    try:
        code = _supervise(start, environ, PipeReporter(write_end), lock)
    finally:
        os._exit(code)


def _leave_terminal(paths: StackPaths) -> None:
    null = os.open(os.devnull, os.O_RDONLY)
    log = os.open(f"{paths.log}/enuf.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o640)
    for descriptor, target in ((null, 0), (log, 1), (log, 2)):
        os.dup2(descriptor, target)
    os.close(null)
    os.close(log)


def _supervise(start: Start, environ: Mapping[str, str], reporter: Reporter, lock: int) -> int:
    import asyncio

    from enuf.run.supervisor import Supervisor

    for warning in start.warnings:
        reporter.warning(warning)
    supervisor = Supervisor(
        start.plan,
        start.make,
        proven=start.proven,
        listeners=start.listeners,
        reporter=reporter,
        environ=environ,
    )
    error = asyncio.run(supervisor.run())
    os.close(lock)
    if error is None:
        return 0
    reporter.failed(error)
    return error.exit_code


def _make_start(invocation: Invocation, loaded: Loaded, environ: Mapping[str, str]) -> tuple[Start, int]:
    """Place, lock, address and plan. Raises EnufError; whatever was made before is given back by the process's end."""
    project = Path(invocation.project)
    refuse_second(locate(project))
    listeners = Listeners()
    bound, warnings = _bind(listeners, loaded), []
    if bound != loaded.settings.serve.listen:
        invocation = replace(invocation, bound=bound)
        loaded = read_settings(invocation, environ)
    environ, warning = _drop_privileges(invocation, loaded, environ)
    warnings += [warning] if warning else []
    paths, warning = prepare_place(project)
    warnings += [warning] if warning else []
    lock = files.lock(Path(paths.lock))
    if lock is None:
        raise _second(paths)
    recover(paths)
    found = outline(invocation, loaded, environ, paths)
    report = assumed(found)
    proven = report is None
    plan = plan_of(found, report or prove(found, environ))
    listeners.backlog = plan.backlog_limit

    def make() -> Plan:
        return full_plan(invocation, environ, paths)

    return Start(
        plan=plan,
        make=make,
        proven=proven,
        listeners=listeners,
        warnings=[*warnings, *(plan.notes if proven else ())],
    ), lock


def _bind(listeners: Listeners, loaded: Loaded) -> Address:
    """Take the public address first: it is the cheapest refusal, and only root may take a low port."""
    from enuf.plan.topologies import lends_address

    listen = loaded.settings.serve.listen
    if lends_address(loaded.settings.topology):
        return listeners.open(listen)
    bound = listeners.open(listen)
    listeners.close(bound)
    return bound


def _drop_privileges(
    invocation: Invocation, loaded: Loaded, environ: Mapping[str, str]
) -> tuple[Mapping[str, str], str]:
    """As root: become the user that runs the servers, for good; the environment, and a warning when we must stay root."""
    if os.geteuid() != 0:
        return environ, ""
    from enuf.discover.run_user import find_run_user, needed_paths
    from enuf.prepare import what_must_be_read
    from enuf.system.place import HOME
    from enuf.system.user import become, home_for

    project = Path(invocation.project)
    user = find_run_user(
        loaded.settings.serve.user,
        project,
        needed_paths(project, *what_must_be_read(invocation, loaded, environ)),
    )
    if user.name is None:
        return environ, user.warning
    home_for(user.name, project / HOME)
    become(user.name)
    kept = {
        name: value
        for name, value in environ.items()
        if name not in ("XDG_RUNTIME_DIR", "SUDO_UID", "SUDO_GID", "SUDO_USER", "SUDO_COMMAND")
    }
    return {**kept, **{name: os.environ[name] for name in ("HOME", "USER", "LOGNAME")}}, ""


def refuse_second(paths: StackPaths) -> None:
    """Raise Conflict when a stack of this project runs already."""
    if files.is_locked(Path(paths.lock)):
        raise _second(paths)


def _second(paths: StackPaths) -> EnufError:
    from enuf.run.state import read_state

    state = read_state(paths)
    holder = f" (pid {state.supervisor.pid}) at {state.url}" if state else ""
    return Conflict(
        f"a stack of {paths.project} runs already{holder}",
        "`enuf reload` takes new code and settings, `enuf down` stops it",
        slug="already-running",
    )
