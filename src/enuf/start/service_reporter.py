"""The reports of a service: to systemd, its journal, and the journal of events."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator, Mapping

from enuf.errors import EnufError
from enuf.model.paths import StackPaths
from enuf.model.plan import Plan
from enuf.model.secrets import masked_code
from enuf.model.stack_events import StartFailed
from enuf.system.journal import EventJournal
from enuf.system.notify import notify

MOST_LINES = 100
"""Lines of evidence in the journal: the last ones, which say what went wrong."""


class ServiceReporter:
    """A reporter that writes warnings to the journal, and the state to systemd."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.has_served = False
        self._environ = environ

    def progress(self, text: str) -> None:
        """Show the step in `systemctl status`."""
        notify(self._environ, f"STATUS={text}")

    def warning(self, text: str) -> None:
        """Write one line to the journal."""
        self._write(f"warning: {text}")

    def note(self, text: str) -> None:
        """Write one line to the journal."""
        self._write(f"note: {text}")

    def serving(self, plan: Plan) -> None:
        """Report READY to systemd: `systemctl start` returns."""
        self.has_served = True
        notify(self._environ, "READY=1", f"STATUS=serves {masked_code(str(plan.app))} for {plan.url}")

    def reloaded(self, generation: int, problem: EnufError | None) -> None:
        """Write one line to the journal."""
        if problem is None:
            self._write(f"reloaded: generation {generation} serves")
        else:
            self._write(
                f"{problem.detail}\nnot reloaded, the old version still serves: {problem.summary}".strip()
            )

    def failed(self, error: EnufError) -> None:
        """Raise the error: the entry point of the command line prints it."""
        raise error

    @staticmethod
    def _write(text: str) -> None:
        with contextlib.suppress(OSError):
            print(text, file=sys.stderr, flush=True)


@contextlib.contextmanager
def failures_noted(paths: StackPaths) -> Iterator[None]:
    """Write why a start failed into the journal of events."""
    try:
        yield
    except EnufError as error:
        EventJournal(paths).record(StartFailed(error.summary, tuple(error.detail.splitlines()[-MOST_LINES:])))
        raise
