"""The program of a supervisor in the background, `python -m enuf.start.supervisor_program FILE`.

A start becomes this program: see `handover`. Nothing else may start it.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from enuf.system.own_code import guard_imports, refuse_code

if TYPE_CHECKING:
    from enuf.model.plan import Plan
    from enuf.settings.load import Loaded
    from enuf.start.handover import Handover
    from enuf.start.supervise import SupervisedStart


def become_supervisor() -> None:
    """Supervise the stack whose start is in the file with this descriptor."""
    foreign = guard_imports(os.environ)
    if foreign is not None:
        refuse_code(foreign)
    from enuf.start.handover import Handover, take_over
    from enuf.start.supervisor_image import settle, take_signals

    handover = take_over(int(sys.argv[1]), Handover)
    settle(handover)
    from enuf.run.process.listeners import Listeners
    from enuf.start.background import PipeReporter, supervise_and_leave
    from enuf.start.signals import interrupt_on_signals
    from enuf.start.supervise import supervise

    listeners = Listeners()
    handover.listeners.move_into(listeners)

    def run(reporter: PipeReporter) -> int:
        interrupt_on_signals()
        take_signals()
        return supervise(_start_of(handover), listeners, reporter)

    log = f"{handover.plan.paths.log}/enuf.log"
    supervise_and_leave(run, PipeReporter(handover.report_to), log)


def _start_of(handover: Handover) -> SupervisedStart:
    """Return the start; what a reload imports is imported by its own process."""
    from enuf.start.supervise import SupervisedStart

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


if __name__ == "__main__":
    become_supervisor()
