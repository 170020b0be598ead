"""What a start needs from its reporters, in the foreground and through a pipe from the background."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any, Protocol

from enuf.model.plan import Plan
from enuf.run.reporter import Reporter


class StartReporter(Reporter, Protocol):
    """A reporter that remembers whether the stack has served."""

    has_served: bool

    def watch(self, plan: Plan) -> None:
        """Note where the logs end, before the servers start."""
        ...

    def ended(self, *, stopped: bool) -> None:
        """Report that everything has ended; `stopped` after a requested stop."""
        ...


class StartTerminal(StartReporter, Protocol):
    """The terminal of the user who starts the stack."""

    @property
    def waiting(self) -> AbstractContextManager[Any]:
        """The context in which the terminal shows what the start waits for."""
        ...

    detached: bool
    """True where the stack goes on in the background when the command returns."""

    def explain(self, plan: Plan) -> None:
        """Print the steps of the start before the start takes them."""
        ...
