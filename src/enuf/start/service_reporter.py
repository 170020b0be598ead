"""What systemd and the journal are told while a service runs."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping

import click

from enuf.errors import EnufError
from enuf.model.plan import Plan
from enuf.model.secrets import masked_code
from enuf.system.notify import notify


class ServiceReporter:
    """Warnings go to the journal, the state to systemd."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.has_served = False
        self._environ = environ

    def progress(self, text: str) -> None:
        """What it is about, in `systemctl status`."""
        notify(self._environ, f"STATUS={text}")

    def warning(self, text: str) -> None:
        """One line in the journal."""
        self._write(f"warning: {text}")

    def note(self, text: str) -> None:
        """One line in the journal."""
        self._write(f"note: {text}")

    def serving(self, plan: Plan) -> None:
        """The service has started: `systemctl start` returns."""
        self.has_served = True
        notify(self._environ, "READY=1", f"STATUS=serves {masked_code(str(plan.app))} for {plan.url}")

    def reloaded(self, generation: int, problem: EnufError | None) -> None:
        """One line in the journal."""
        if problem is None:
            self._write(f"reloaded: generation {generation} serves")
        else:
            self._write(
                f"{problem.detail}\nnot reloaded, the old version still serves: {problem.summary}".strip()
            )

    def failed(self, error: EnufError) -> None:
        """Left to the end of the command, which tells errors."""
        raise error

    @staticmethod
    def _write(text: str) -> None:
        with contextlib.suppress(OSError):
            click.echo(text, err=True)
