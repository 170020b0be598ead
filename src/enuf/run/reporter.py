"""What the supervisor tells whoever started it."""

from __future__ import annotations

from typing import Protocol

from enuf.errors import EnufError
from enuf.model.plan import Plan


class Reporter(Protocol):
    """Told as things happen; it must not raise."""

    def progress(self, text: str) -> None:
        """A step that takes time has begun."""
        ...

    def warning(self, text: str) -> None:
        """Something is not as it should be, and enuf goes on."""
        ...

    def note(self, text: str) -> None:
        """Something is worth knowing, and no problem."""
        ...

    def serving(self, plan: Plan) -> None:
        """The stack serves for the first time."""
        ...

    def reloaded(self, generation: int, problem: EnufError | None) -> None:
        """A reload ended."""
        ...

    def failed(self, error: EnufError) -> None:
        """The stack never served, or ends by itself."""
        ...
