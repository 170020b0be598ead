"""The program of a supervisor in the background, `python -m enuf.start.supervisor_program FILE`.

A start becomes this program: see `handover`. Nothing else may start it.
"""

from __future__ import annotations

import os
import sys

from enuf.system.own_code import guard_imports, refuse_code


def become_supervisor() -> None:
    """Supervise the stack whose start is in the file with this descriptor."""
    foreign = guard_imports(os.environ)
    if foreign is not None:
        refuse_code(foreign)
    from enuf.start.handover import Handover, take_over
    from enuf.start.supervisor_image import settle, take_signals

    handover = take_over(int(sys.argv[1]), Handover)
    settle(may_speak_tls=handover.plan.tls is not None)  # only a restart turns TLS on
    from enuf.run.process.listeners import Listeners
    from enuf.start.background import PipeReporter, supervise_and_leave
    from enuf.start.handed_start import start_of
    from enuf.start.signals import interrupt_on_signals
    from enuf.start.supervise import supervise

    listeners = Listeners()
    handover.listeners.move_into(listeners)

    def run(reporter: PipeReporter) -> int:
        interrupt_on_signals()
        take_signals()
        return supervise(start_of(handover), listeners, reporter)

    log = f"{handover.plan.paths.log}/enuf.log"
    assert handover.report_to is not None
    supervise_and_leave(run, PipeReporter(handover.report_to), log)


if __name__ == "__main__":
    become_supervisor()
