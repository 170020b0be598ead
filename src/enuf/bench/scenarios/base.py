"""What a scenario is, and what one turn of it has measured."""

from __future__ import annotations

from typing import Literal, Protocol

import msgspec

from enuf.bench.results import Generator, Round, SlotStep
from enuf.bench.running import RunningSubject

WhichApp = Literal["own", "scenario"]
"""The user's app, or the app of the scenarios."""


class LoadSize(msgspec.Struct, frozen=True, kw_only=True):
    """How long and how hard a turn asks."""

    duration_s: float
    connections: int
    rate: float | None
    """Requests per second for latencies; None in the trial, before anything is known."""


class Turn(msgspec.Struct, frozen=True, kw_only=True):
    """One topology that serves now, and how it is to be asked."""

    running: RunningSubject
    size: LoadSize

    @property
    def slots(self) -> int:
        """Return how many requests the server is meant to work on at once."""
        return self.running.place.processes * self.running.place.threads


class TurnResult(msgspec.Struct, frozen=True, kw_only=True):
    """What one turn has measured."""

    round: Round
    generator: Generator = "built-in"
    latencies: dict[int, int] = {}
    """Counts at the constant rate, by step."""
    rate: float | None = None
    failures: dict[str, int] = {}
    steps: tuple[SlotStep, ...] = ()
    notes: tuple[str, ...] = ()


class Scenario(Protocol):
    """One kind of load."""

    @property
    def name(self) -> str:
        """Return the name that --scenario takes."""
        ...

    @property
    def title(self) -> str:
        """Return what the scenario shows, in a few words."""
        ...

    @property
    def app(self) -> WhichApp:
        """Return which app is asked."""
        ...

    @property
    def address(self) -> str:
        """Return the path and query that are asked; empty where there are several."""
        ...

    @property
    def needs_rate(self) -> bool:
        """Return True where latencies are measured at a constant rate that all topologies can serve."""
        ...

    def measure(self, turn: Turn) -> TurnResult:
        """Ask the server, and return what was measured."""
        ...
