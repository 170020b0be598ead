"""The start of a stack that was handed over to this program."""

from __future__ import annotations

from typing import TYPE_CHECKING

from enuf.model.plan import Plan
from enuf.run.process.listeners import Listeners
from enuf.start.handover import Handover
from enuf.start.reporters import StartReporter
from enuf.start.signals import interrupt_on_signals
from enuf.start.supervise import SupervisedStart, supervise
from enuf.start.supervisor_image import take_signals

if TYPE_CHECKING:
    from enuf.settings.load import Loaded


def supervise_handed(handover: Handover, reporter: StartReporter) -> int:
    """Supervise the stack in this process, and return the exit code."""
    listeners = Listeners()
    handover.listeners.move_into(listeners)
    interrupt_on_signals()
    take_signals()
    return supervise(_start_of(handover), listeners, reporter)


def _start_of(handover: Handover) -> SupervisedStart:
    """Return the start; what a reload imports is imported by its own process."""
    environ = handover.variables

    def make() -> Plan:
        from enuf.start.pipeline import full_plan

        return full_plan(handover.invocation, environ, handover.plan.paths)

    def loaded() -> Loaded:
        from enuf.start.pipeline import read_settings

        return read_settings(handover.invocation, environ)

    return SupervisedStart(
        plan=handover.plan,
        make=make,
        making=handover.making,
        loaded=loaded,
        environ=environ,
        warnings=list(handover.warnings),
        lock=handover.stack_lock,
        root_reader=handover.invocation.root_reader,
    )
