"""The program of `enuf up --quiet` in the foreground, `python -m enuf.cli.silent_program FILE`.

The command becomes this program: see `enuf.start.handover`. Nothing else may start it.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from enuf.system.own_code import guard_imports_or_refuse

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
    guard_imports_or_refuse(os.environ)
    from enuf.start.handover import Handover
    from enuf.start.supervisor_image import taken_over

    handover = taken_over(Handover)
    from enuf.start.handed_start import supervise_handed

    try:
        return supervise_handed(handover, SilentReporter())
    except (Exception, KeyboardInterrupt) as error:
        from enuf.cli.errors import report

        return report(error, sys.argv[1:])


if __name__ == "__main__":
    sys.exit(become_silent())
