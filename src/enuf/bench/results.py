"""What a comparison has measured: the JSON document of `enuf bench`, and what tables, pictures and pages show.

A figure that was not measured is None. A row's own figures are the medians of its rounds.
"""

from __future__ import annotations

from typing import Literal

import msgspec

Generator = Literal["wrk", "h2load", "built-in"]
"""What sent the requests."""


class Round(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One turn of one topology in one scenario."""

    requests: int
    failed: int
    rps: float | None = None
    p50_ms: float | None = None
    p95_ms: float | None = None
    p99_ms: float | None = None
    cpu_us_per_request: float | None = None
    """Of all server processes, the supervisor included, for each answered request."""
    memory_mb: float | None = None
    """PSS of all server processes."""
    generator_at_limit: bool = False
    """The processes that sent the requests had no CPU left: the server could have done more."""


class Percentile(msgspec.Struct, frozen=True, kw_only=True):
    """So many per cent of the requests were answered within `ms`."""

    percent: float
    ms: float


class UnwantedAnswers(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of answer that a visitor did not want: `502`, `timeout`, `connection refused`, `wrong body`."""

    kind: str
    count: int


class SlotStep(msgspec.Struct, frozen=True, kw_only=True):
    """So many requests at once, each of which waits `wait_s` in the app, were all answered after `seconds`."""

    at_once: int
    wait_s: float
    seconds: float


class Row(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One topology in one scenario."""

    topology: str
    """The name of an enuf topology, or of a peer."""
    scenario: str
    requests: int
    failed: int
    rps: float | None = None
    p50_ms: float | None = None
    p95_ms: float | None = None
    p99_ms: float | None = None
    cpu_us_per_request: float | None = None
    memory_mb: float | None = None
    address: str = ""
    """Path and query that were asked, where the scenario asks one."""
    generator: Generator = "built-in"
    rounds: tuple[Round, ...] = ()
    latencies: tuple[Percentile, ...] = ()
    """The distribution at a constant rate, where one was measured; percentiles rise."""
    rate: float | None = None
    """The requests per second of that constant rate."""
    failures: tuple[UnwantedAnswers, ...] = ()
    steps: tuple[SlotStep, ...] = ()
    """The scenario `slots` alone: processes x threads requests fit at once, one more waits."""
    notes: tuple[str, ...] = ()
    """Sentences about this row: what limited the row, what the figures leave out."""


class Version(msgspec.Struct, frozen=True, kw_only=True):
    """A program that took part."""

    name: str
    version: str


class MeasuredMachine(msgspec.Struct, frozen=True, kw_only=True):
    """Where it was measured."""

    cpu: str
    cores: int
    memory_mb: float
    kernel: str
    python: str
    load_before: float
    """Load average of the last minute before the first round."""
    versions: tuple[Version, ...] = ()


class Load(msgspec.Struct, frozen=True, kw_only=True):
    """How it was measured."""

    processes: int
    threads: int
    connections: int
    round_s: float
    rounds: int
    rate: float | None = None


class Limit(msgspec.Struct, frozen=True, kw_only=True):
    """The floor: what the app alone costs, called in one process without any server."""

    app_cpu_us: float


class LeftOut(msgspec.Struct, frozen=True, kw_only=True):
    """A topology or scenario that was not measured, and why."""

    name: str
    reason: str


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """A whole comparison."""

    schema: int = 1
    command: str = "enuf bench"
    """What was typed."""
    began: str = ""
    """UTC, ISO 8601."""
    machine: MeasuredMachine
    app: str
    load: Load
    rows: tuple[Row, ...]
    limit: Limit | None = None
    left_out: tuple[LeftOut, ...] = ()
    caveats: tuple[str, ...] = ()
    interrupted: bool = False
