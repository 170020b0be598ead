"""The supervisor of a prepared start, in this process, to its end."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import msgspec

from enuf.errors import INTERRUPTED, EnufError
from enuf.model.app import importing
from enuf.model.plan import Plan
from enuf.run.process.listeners import Listeners
from enuf.run.reload.forked import PlanInTheMaking
from enuf.run.state import state_of_this_run, write_state
from enuf.start.held import recorded
from enuf.start.reporters import StartReporter
from enuf.system.runtime_dir import leave_place, no_room
from enuf.system.stack_lock import StackLock
from enuf.tls.root_reader import RootReader

if TYPE_CHECKING:
    from enuf.run.supervisor import Supervisor
    from enuf.settings.load import Loaded


class SupervisedStart(msgspec.Struct):
    """What a supervisor takes over from a start."""

    plan: Plan
    make: Callable[[], Plan]
    """Make the plan again, for a reload."""
    making: PlanInTheMaking | None
    """The child that completes a provisional plan; None when the plan is complete."""
    loaded: Callable[[], Loaded]
    """Return the settings, for the words about an error."""
    environ: Mapping[str, str]
    warnings: list[str]
    lock: StackLock
    root_reader: RootReader | None = None


def supervise(start: SupervisedStart, listeners: Listeners, reporter: StartReporter) -> int:
    """Run the supervisor in this process and return the exit code."""
    with recorded(start.plan.paths):
        reporter.watch(start.plan)
        error, at_once = _run_supervisor(start, listeners, reporter)
    leave_place(start.plan.paths, start.lock)
    reporter.ended(stopped=error is None)
    if error is not None:
        from enuf.start.raw_errors import blamed

        error = blamed(error, start.plan, start.loaded)
        reporter.failed(error)
        return error.exit_code
    if not reporter.has_served:
        raise KeyboardInterrupt
    return INTERRUPTED if at_once else 0


def _run_supervisor(
    start: SupervisedStart, listeners: Listeners, reporter: StartReporter
) -> tuple[EnufError | None, bool]:
    """Run the supervisor.

    Return why it ended, None after a stop, and whether the stop was requested `at once`.
    """
    # The background process has another pid than the one that recorded the start.
    write_state(start.plan.paths, state_of_this_run())
    from enuf.run.supervisor import Supervisor

    for warning in start.warnings:
        reporter.warning(warning)
    reporter.progress(importing(start.plan.app))
    supervisor = Supervisor(
        start.plan,
        start.make,
        start.making,
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
