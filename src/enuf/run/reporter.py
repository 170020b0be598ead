"""The reports of a supervisor to the command that started it."""

from __future__ import annotations

from typing import Protocol

from enuf.errors import EnufError
from enuf.model.plan import Plan


class Reporter(Protocol):
    """Receives reports as things happen. No method raises, but `failed`."""

    def progress(self, text: str) -> None:
        """Report that a step that takes time has begun."""
        ...

    def warning(self, text: str) -> None:
        """Report that something is not as it should be, while enuf goes on."""
        ...

    def note(self, text: str) -> None:
        """Report something that is worth knowing and no problem."""
        ...

    def serving(self, plan: Plan) -> None:
        """Report that the stack serves for the first time."""
        ...

    def reloaded(self, generation: int, problem: EnufError | None) -> None:
        """Report the end of a reload that no client waits for; without a problem this generation serves."""
        ...

    def failed(self, error: EnufError) -> None:
        """Report that the stack never served, or ended by itself."""
        ...
