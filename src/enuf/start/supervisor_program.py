"""The program of a supervisor in the background, `python -m enuf.start.supervisor_program FILE`.

A start becomes this program: see `handover`. Nothing else may start it.
"""

from __future__ import annotations

import os

from enuf.system.own_code import guard_imports_or_refuse


def become_supervisor() -> None:
    """Supervise the stack whose start is in the file with this descriptor."""
    guard_imports_or_refuse(os.environ)
    from enuf.start.handover import Handover
    from enuf.start.supervisor_image import taken_over

    handover = taken_over(Handover)
    from enuf.start.background import PipeReporter, supervise_and_leave
    from enuf.start.handed_start import supervise_handed

    log = f"{handover.plan.paths.log}/enuf.log"
    assert handover.report_to is not None
    supervise_and_leave(
        lambda reporter: supervise_handed(handover, reporter), PipeReporter(handover.report_to), log
    )


if __name__ == "__main__":
    become_supervisor()
