"""What a scenario is, and what one turn of it has measured."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Literal, Protocol

import msgspec

from enuf.bench.load.built_in import RunningLoad, sending
from enuf.bench.load.spec import LoadResult, LoadSpec, percentile_ms
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

    @property
    def crowd(self) -> int:
        """Return how many slow clients come: 1,000, fewer where a load lasts less than five seconds."""
        return max(10, min(1000, int(200 * self.duration_s)))

    @property
    def idle(self) -> int:
        """Return how many kept connections say nothing: 10,000, fewer where a load lasts less than five seconds."""
        return 10 * self.crowd


class Turn(msgspec.Struct, frozen=True, kw_only=True):
    """One topology that serves now, and how it is to be asked."""

    running: RunningSubject
    size: LoadSize

    @property
    def slots(self) -> int:
        """Return how many requests the server is meant to work on at once."""
        return self.running.place.processes * self.running.place.threads

    @contextlib.contextmanager
    def sending(self, spec: LoadSpec) -> Iterator[RunningLoad]:
        """Send requests during the block; the processes that send are not counted as the server's."""
        with sending(spec) as load:
            self.running.leave_out(load.pids)
            yield load

    def sent(self, spec: LoadSpec) -> LoadResult:
        """Send the requests of a specification, and return the counts."""
        with self.sending(spec) as load:
            return load.result()

    def simple(self, path: str, **words: object) -> LoadSpec:
        """Return the load of a plain request for a path of the scenarios' app."""
        request = f"GET {path} HTTP/1.1\r\nHost: {self.running.place.app.host}\r\n\r\n".encode()
        spec = LoadSpec(
            port=self.running.place.port,
            request=request,
            duration_s=self.size.duration_s,
            connections=self.size.connections,
        )
        return msgspec.structs.replace(spec, **words)


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


def steady_result(
    found: LoadResult, rate: float, *, memory_mb: float | None, notes: tuple[str, ...]
) -> TurnResult:
    """Return what a load at a constant rate has measured."""
    p50, p95, p99 = (percentile_ms(found.latencies, percent) for percent in (50, 95, 99))
    return TurnResult(
        round=Round(
            requests=found.requests,
            failed=found.failed,
            p50_ms=p50,
            p95_ms=p95,
            p99_ms=p99,
            memory_mb=memory_mb,
            generator_at_limit=found.at_limit,
        ),
        latencies=found.latencies,
        rate=rate,
        failures=found.failures,
        notes=notes,
    )


class Scenario(Protocol):
    """One kind of load."""

    @property
    def name(self) -> str:
        """Return the name that --scenario takes."""
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

    @property
    def needs_fresh_server(self) -> bool:
        """Return True where the server may be broken afterwards."""
        ...

    def measure(self, turn: Turn) -> TurnResult:
        """Ask the server, and return what was measured."""
        ...
