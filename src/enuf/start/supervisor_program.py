"""The program of a supervisor in the background, `python -m enuf.start.supervisor_program FILE`.

A start becomes this program: see `handover`. Nothing else may start it.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from pathlib import Path
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
    from enuf.start.handover import SIGNALS, take_over

    handover = take_over(int(sys.argv[1]))
    _name_process()
    if handover.plan.tls is None:
        _leave_out_tls()
    from enuf.start.background import PipeReporter, supervise_and_leave
    from enuf.start.signals import interrupt_on_signals
    from enuf.start.supervise import supervise

    listeners = handover.listeners.opened()

    def run(reporter: PipeReporter) -> int:
        interrupt_on_signals()
        signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
        return supervise(_start_of(handover), listeners, reporter)

    log = f"{handover.plan.paths.log}/enuf.log"
    supervise_and_leave(run, PipeReporter(handover.report_to), log)


def _leave_out_tls() -> None:
    """Import asyncio without TLS, which costs 2 MB.

    The supervisor of a stack without TLS makes no use of it: only a restart turns TLS on.
    """
    sys.modules["ssl"] = None  # type: ignore[assignment]
    import asyncio  # noqa: F401

    del sys.modules["ssl"]


def _name_process() -> None:
    """Let the process be called `enuf`, as before, where processes are listed."""
    with contextlib.suppress(OSError):
        Path("/proc/self/comm").write_text("enuf")


def _start_of(handover: Handover) -> SupervisedStart:
    """Return the start; what a reload imports is imported by its own process."""
    from enuf.start.handover import lock_of
    from enuf.start.supervise import SupervisedStart

    environ = {os.fsdecode(name): os.fsdecode(value) for name, value in handover.environ}

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
        lock=lock_of(handover),
        root_reader=handover.invocation.root_reader,
    )


if __name__ == "__main__":
    become_supervisor()
