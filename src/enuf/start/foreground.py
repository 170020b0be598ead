"""The way from an invocation to a running stack, in the foreground or detached."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import msgspec
from msgspec.structs import replace

from enuf.cli.stop import recover_as_owner
from enuf.cli.terminal.reporter import PipeReporter, TerminalReporter
from enuf.cli.verb import Globals
from enuf.errors import Conflict, EnufError, PrivilegeNeeded
from enuf.model.address import Address, TcpAddress
from enuf.model.app import AppRef
from enuf.model.paths import StackPaths
from enuf.model.plan import Plan
from enuf.plan.topologies import ListenAddress
from enuf.run.process.listeners import Listeners, in_use
from enuf.run.reload.forked import begin_plan
from enuf.run.state import recover_stack, state_of_this_run, write_state
from enuf.settings.load import Loaded
from enuf.start.pipeline import Invocation, assumed, at_bound, full_plan, outline, pin, plan_of, prove
from enuf.start.privileges import (
    drop_to,
    read_settings_of_keeper,
    run_user,
    settings_file,
    with_rights_of_keeper,
)
from enuf.system import files
from enuf.system.runtime_dir import leave_place, locate, no_room, take_place
from enuf.system.stack_lock import StackLock, is_running
from enuf.system.switch_user import keeper_of
from enuf.system.trust import changeable_by_others

if TYPE_CHECKING:
    from enuf.run.supervisor import Supervisor

LOCK_TRIES, LOOK_EVERY_S = 20, 0.02


class Start(msgspec.Struct):
    """All that a supervisor is started with."""

    plan: Plan
    make: Callable[[], Plan]
    complete: Callable[[], Plan] | None
    """Completes the plan with what an import of the app tells; None when it is complete."""
    loaded: Loaded
    environ: Mapping[str, str]
    warnings: list[str]
    lock: StackLock


def launch(
    invocation: Invocation,
    environ: Mapping[str, str],
    *,
    detach: bool,
    flags: Globals,
    explain: bool = False,
) -> int:
    """Run the stack; the exit code. Detached, it returns once the stack serves. Raises EnufError.

    With `explain` it says beforehand what it is about to do, in the words of a person who does it by hand.
    """
    terminal = TerminalReporter(quiet=flags.quiet, as_json=flags.json, dev=invocation.dev)
    listeners = Listeners()
    _interruptible()
    given = _Given(listeners)
    with contextlib.closing(given), terminal.waiting:
        start = _make_start(invocation, environ, given, terminal, whole=explain)
        if explain:
            from enuf.cli.terminal.steps_view import as_list, explanation

            with _recorded(start.plan.paths):
                terminal.explain(explanation(start.plan), as_list(start.plan))
        if not detach:
            return _supervise(start, listeners, terminal)
        from enuf.start.background import in_background

        def forget() -> None:
            start.lock.close()  # the other process holds it now: the lock belongs to the open file
            listeners.forget()

        log = f"{start.plan.paths.log}/enuf.log"
        return in_background(lambda pipe: _supervise(start, listeners, pipe), forget, log, terminal)


class _Given:
    """Gives up the addresses and the place that are still held, however the command ends."""

    def __init__(self, listeners: Listeners) -> None:
        self.listeners = listeners
        self._place: tuple[StackPaths, StackLock] | None = None

    def hold(self, paths: StackPaths, lock: StackLock) -> None:
        """Remember the place that was taken."""
        self._place = paths, lock

    def close(self) -> None:
        """Give up what is held."""
        self.listeners.close_all()
        if self._place:
            leave_place(*self._place)


def _interruptible() -> None:
    """From now on TERM and HUP end the command as Ctrl-C does, with everything cleared away, until a supervisor listens to them.

    The first process of a container would not even notice them otherwise.
    """

    def interrupt(_number: int, _frame: object) -> None:
        raise KeyboardInterrupt

    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, interrupt)


@contextlib.contextmanager
def _recorded(paths: StackPaths) -> Iterator[None]:
    """Remove the record of this start when it is given up, by an error or by a signal."""
    try:
        yield
    except BaseException:
        files.remove(Path(paths.state))
        raise


def _supervise(start: Start, listeners: Listeners, reporter: TerminalReporter | PipeReporter) -> int:
    """Run the supervisor in this process; the exit code."""
    from enuf.start.raw_errors import blamed

    with _recorded(start.plan.paths):
        error, at_once = _run_supervisor(start, listeners, reporter)
    leave_place(start.plan.paths, start.lock)
    if error is not None:
        error = blamed(error, start.plan, start.loaded)
        reporter.failed(error)
        return error.exit_code
    if not reporter.has_served or at_once:
        raise KeyboardInterrupt
    return 0


def _run_supervisor(
    start: Start, listeners: Listeners, reporter: TerminalReporter | PipeReporter
) -> tuple[EnufError | None, bool]:
    """Return why the supervisor ended, None after a stop, and whether somebody wanted that at once."""
    write_state(
        start.plan.paths, state_of_this_run()
    )  # in the background this is another process than before
    # The import of the app is the longest wait of a start: it begins before we import what runs the servers.
    making = begin_plan(start.complete) if start.complete else None
    from enuf.run.supervisor import Supervisor

    for warning in start.warnings:
        reporter.warning(warning)
    reporter.progress(_importing(start.plan.app))
    supervisor = Supervisor(
        start.plan,
        start.make,
        making,
        listeners=listeners,
        reporter=reporter,
        environ=start.environ,
    )
    error = _run(supervisor)
    return error, supervisor.stack.at_once and not supervisor.stack.late


def _run(supervisor: Supervisor) -> EnufError | None:
    """Run the stack to its end. Return why it ended, None after a stop that was asked for."""
    import asyncio

    try:
        return asyncio.run(supervisor.run())
    except OSError as error:  # no room for the first socket, no descriptor left
        return no_room(error)


def _make_start(
    invocation: Invocation,
    environ: Mapping[str, str],
    given: _Given,
    terminal: TerminalReporter,
    *,
    whole: bool = False,
) -> Start:
    """Settings, address, user, place, lock and plan, in this order; a `whole` plan knows the app. Raises EnufError."""
    listeners, loaded = given.listeners, read_settings_of_keeper(invocation, environ)
    project = Path(invocation.project)
    _refuse_beside_service(project)
    left = locate(project)
    refuse_second(left)
    # Before the addresses are taken: what a killed supervisor left may hold them.
    recover_as_owner(left)
    bound = _bind(listeners, loaded, now=lambda held: _may_bind_as_root(held, loaded, project))
    invocation, loaded = replace(invocation, bound=bound), at_bound(loaded, bound)
    environ, warnings = _as_the_right_user(invocation, loaded, environ, bound.get("serve.listen"))
    _bind_the_rest(listeners, loaded)
    paths, warning, lock = _take_place(project)
    warnings += [warning] if warning else []
    given.hold(paths, lock)
    recover_stack(paths)
    with _recorded(paths):
        # Known from the first moment on, so that `enuf down` can end a start, however long it takes.
        write_state(paths, state_of_this_run())
        held = _Held(paths, lock, listeners, warnings)
        return _plan_start(invocation, loaded, environ, terminal, held, whole=whole)


class _Held(NamedTuple):
    """What a start has taken: the place of the stack, its lock and its addresses, and what is to be said about them."""

    paths: StackPaths
    lock: StackLock
    listeners: Listeners
    warnings: list[str]


def _plan_start(
    invocation: Invocation,
    loaded: Loaded,
    environ: Mapping[str, str],
    terminal: TerminalReporter,
    held: _Held,
    *,
    whole: bool,
) -> Start:
    paths, lock, listeners, warnings = held
    found = outline(invocation, loaded, environ, paths)
    terminal.progress(_importing(found.app))
    invocation = pin(invocation, found)
    report = None if whole else assumed(found)
    plan = plan_of(found, report or prove(found, environ))
    listeners.backlog = plan.backlog_limit

    def make() -> Plan:
        return full_plan(invocation, environ, paths)

    if report is None:
        return Start(plan, make, None, loaded, environ, [*warnings, *plan.notes], lock)

    def complete() -> Plan:
        return plan_of(found, prove(found, environ))

    return Start(plan, make, complete, loaded, environ, warnings, lock)


def _take_place(project: Path) -> tuple[StackPaths, str, StackLock]:
    """The folders and the lock of the stack. Raises Conflict when another one holds it, and not merely looks at it for a moment."""
    for _ in range(LOCK_TRIES):
        paths, warning, lock = take_place(project)
        if lock is not None:
            return paths, warning, lock
        time.sleep(LOOK_EVERY_S)
    raise _second(paths)


def _importing(app: AppRef) -> str:
    return f"importing {Path(app.file).name if app.file else app.module}"


def _as_the_right_user(
    invocation: Invocation, loaded: Loaded, environ: Mapping[str, str], bound: Address | None
) -> tuple[Mapping[str, str], list[str]]:
    user, warnings = run_user(invocation, loaded, environ)
    if user is None:
        return environ, warnings
    return drop_to(user, Path(invocation.project), bound, environ)


def _may_bind_as_root(held: ListenAddress, loaded: Loaded, project: Path) -> bool:
    """Return False, as root, for a socket in a folder of somebody else, or at a path that somebody else chose.

    It is made once we are the user who runs the servers.
    """
    if isinstance(held.address, TcpAddress) or os.geteuid() != 0:
        return True
    file = settings_file(loaded, held.setting, project)
    is_roots_word = file is None or changeable_by_others(file) is None
    return is_roots_word and keeper_of(Path(held.address.path).parent) is None


def _bind_the_rest(listeners: Listeners, loaded: Loaded) -> None:
    """Bind what is not bound yet, as the user that we have become. Raises PrivilegeNeeded for a port that only root gets.

    A server that binds its own port does so as that user too.
    """
    try:
        _bind(listeners, loaded)
    except PrivilegeNeeded as error:
        raise PrivilegeNeeded(
            f"topology {loaded.settings.topology!r} takes its port itself, and not as root: {error.summary}",
            "choose a port from 1024 up, or the default topology, which takes its port before",
        ) from None


def _bind(
    listeners: Listeners, loaded: Loaded, now: Callable[[ListenAddress], bool] = lambda _: True
) -> dict[str, Address]:
    """Bind the addresses that may be bound `now`, and return them by their settings.

    This comes first: it is the cheapest refusal, and only root may take a low port.
    """
    from enuf.plan.check import refuse_long_socket
    from enuf.plan.topologies import addresses

    bound = {}
    for held in addresses(loaded.settings):
        refuse_long_socket(held.address)
        if not now(held):
            continue
        try:
            bound[held.setting] = listeners.open(held.address, shared=held.shared)
        except Conflict:
            raise in_use(held.address, held.setting) from None
        if not held.lent:
            listeners.close(bound[held.setting])
    return bound


def _refuse_beside_service(project: Path) -> None:
    """Raise Conflict when the installed service of this project runs."""
    from enuf.system.sites import site_of

    record = site_of(project)
    if record and is_running(record.site.paths(record.project)):
        raise Conflict(
            f"{project} is served by {record.site.unit} on this host already",
            "`enuf reload` takes new code and settings; serve a copy of the project from another folder",
            slug="already-running",
        )


def refuse_second(paths: StackPaths) -> None:
    """Raise Conflict when a stack of this project runs already."""
    if is_running(paths):
        raise _second(paths)


def _second(paths: StackPaths) -> EnufError:
    from enuf.run.state import read_state

    with with_rights_of_keeper(Path(paths.home)):
        state = read_state(paths)
    where = f" at {state.url}" if state and state.url else ""
    holder = f" (pid {state.supervisor.pid}){where}" if state else ""
    return Conflict(
        f"a stack of {paths.project} runs already{holder}",
        "`enuf reload` takes new code and settings, `enuf down` stops it",
        slug="already-running",
    )
