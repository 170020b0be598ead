"""The program of `enuf up --quiet` in the foreground, `python -m enuf.cli.silent_program FILE`.

The command becomes this program: see `enuf.start.handover`. Nothing else may start it.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from enuf.system.own_code import guard_imports, refuse_code

if TYPE_CHECKING:
    from enuf.errors import EnufError
    from enuf.model.plan import Plan


class SilentReporter:
    """Reports nothing but the error that ends the stack."""

    def __init__(self) -> None:
        self.has_served = False

    def progress(self, text: str) -> None:
        """No-op."""

    def warning(self, text: str) -> None:
        """No-op."""

    def note(self, text: str) -> None:
        """No-op."""

    def watch(self, plan: Plan) -> None:
        """No-op."""

    def serving(self, plan: Plan) -> None:
        """Remember that the stack has served."""
        self.has_served = True

    def reloaded(self, generation: int, problem: EnufError | None) -> None:
        """No-op: the journal has the line."""

    def failed(self, error: EnufError) -> None:
        """Raise the error: the end of this program prints it."""
        raise error

    def ended(self, *, stopped: bool) -> None:
        """No-op."""


def become_silent() -> int:
    """Supervise the stack whose start is in the file with this descriptor. Return the exit code."""
    foreign = guard_imports(os.environ)
    if foreign is not None:
        refuse_code(foreign)
    from enuf.start.handover import Handover, take_over
    from enuf.start.supervisor_image import settle, take_signals

    handover = take_over(int(sys.argv[1]), Handover)
    settle(may_speak_tls=handover.plan.tls is not None)  # only a restart turns TLS on
    from enuf.run.process.listeners import Listeners
    from enuf.start.handed_start import start_of
    from enuf.start.signals import interrupt_on_signals
    from enuf.start.supervise import supervise

    listeners = Listeners()
    handover.listeners.move_into(listeners)
    try:
        interrupt_on_signals()
        take_signals()
        return supervise(start_of(handover), listeners, SilentReporter())
    except (Exception, KeyboardInterrupt) as error:
        from enuf.cli.errors import report

        return report(error, sys.argv[1:])


if __name__ == "__main__":
    sys.exit(become_silent())
