"""The way from an invocation to a running stack, in the foreground or detached."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Mapping
from typing import TYPE_CHECKING

from enuf.errors import INTERRUPTED, EnufError
from enuf.run.process.listeners import Listeners
from enuf.run.reload.forked import begin_plan
from enuf.run.state import state_of_this_run, write_state
from enuf.start.held import HeldResources, recorded
from enuf.start.invocation import Invocation
from enuf.start.prepared import PreparedStart, importing, prepare_start
from enuf.start.reporters import StartReporter, StartTerminal
from enuf.system.runtime_dir import leave_place, no_room

if TYPE_CHECKING:
    from enuf.run.supervisor import Supervisor


def launch(
    invocation: Invocation,
    environ: Mapping[str, str],
    terminal: StartTerminal,
    *,
    detach: bool,
    explain: bool = False,
) -> int:
    """Run the stack and return the exit code; detached, return once the stack serves. Raise EnufError.

    With `explain` the terminal first shows the steps, in the words of a person who takes them by hand.
    """
    listeners = Listeners()
    _interrupt_on_signals()
    held = HeldResources(listeners)
    with contextlib.closing(held), terminal.waiting:
        start = prepare_start(invocation, environ, held, terminal, with_proof=explain)
        if explain:
            with recorded(start.plan.paths):
                terminal.explain(start.plan)
        if not detach:
            return _supervise(start, listeners, terminal)
        from enuf.start.background import in_background

        def forget() -> None:
            start.lock.close()  # the background process has the lock: a lock belongs to the open file
            listeners.forget()

        log = f"{start.plan.paths.log}/enuf.log"
        return in_background(lambda pipe: _supervise(start, listeners, pipe), forget, log, terminal)


def _interrupt_on_signals() -> None:
    """Make TERM and HUP end the command as Ctrl-C does, with all resources released, until a supervisor handles them.

    The first process of a container ignores both by default (signal(7), pid_namespaces(7)).
    """

    def interrupt(_number: int, _frame: object) -> None:
        raise KeyboardInterrupt

    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, interrupt)


def _supervise(start: PreparedStart, listeners: Listeners, reporter: StartReporter) -> int:
    """Run the supervisor in this process and return the exit code."""
    from enuf.start.raw_errors import blamed

    with recorded(start.plan.paths):
        reporter.watch(start.plan)
        error, at_once = _run_supervisor(start, listeners, reporter)
    leave_place(start.plan.paths, start.lock)
    reporter.ended(stopped=error is None)
    if error is not None:
        error = blamed(error, start.plan, start.loaded)
        reporter.failed(error)
        return error.exit_code
    if not reporter.has_served:
        raise KeyboardInterrupt
    return INTERRUPTED if at_once else 0


def _run_supervisor(
    start: PreparedStart, listeners: Listeners, reporter: StartReporter
) -> tuple[EnufError | None, bool]:
    """Run the supervisor.

    Return why it ended, None after a stop, and whether the stop was requested `at once`.
    """
    # The background process has another pid than the one that recorded the start.
    write_state(start.plan.paths, state_of_this_run())
    # The import of the app is the longest wait of a start: it begins before we import what runs the servers.
    making = begin_plan(start.complete) if start.complete else None
    from enuf.run.supervisor import Supervisor

    for warning in start.warnings:
        reporter.warning(warning)
    reporter.progress(importing(start.plan.app))
    supervisor = Supervisor(
        start.plan,
        start.make,
        making,
        listeners=listeners,
        reporter=reporter,
        environ=start.environ,
        lock=start.lock,
        root_reader=start.root_reader,
    )
    error = _run(supervisor)
    return error, supervisor.stack.at_once and not supervisor.stack.late


def _run(supervisor: Supervisor) -> EnufError | None:
    """Run the stack to its end. Return why the stack ended, None after a requested stop."""
    import asyncio

    try:
        return asyncio.run(supervisor.run())
    except OSError as error:  # no room for the first socket, no descriptor left
        return no_room(error)
