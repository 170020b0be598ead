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
    """Requests with the answer that was wanted."""
    failed: int
    """Requests with another answer, or none."""
    rps: float | None = None
    """Requests per second of a closed loop: the capacity."""
    p50_ms: float | None = None
    """Half of the requests took no longer; at the constant rate where there is one."""
    p95_ms: float | None = None
    """95 of 100 requests took no longer."""
    p99_ms: float | None = None
    """99 of 100 requests took no longer."""
    cpu_us_per_request: float | None = None
    """Of all server processes, the supervisor included, for each answered request."""
    memory_mb: float | None = None
    """PSS of all server processes."""
    generator_at_limit: bool = False
    """The processes that sent the requests had no CPU left: the server could have done more."""


class Percentile(msgspec.Struct, frozen=True, kw_only=True):
    """So many per cent of the requests were answered within `ms`."""

    percent: float
    """Share of the requests."""
    ms: float
    """The time within which they were answered."""


class UnwantedAnswers(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of answer that a visitor did not want: `502`, `timeout`, `connection refused`, `wrong body`."""

    kind: str
    """What came instead."""
    count: int
    """How often it came."""


class SlotStep(msgspec.Struct, frozen=True, kw_only=True):
    """So many requests at once, each of which waits `wait_s` in the app, were all answered after `seconds`."""

    at_once: int
    """Requests that were sent at the same moment."""
    wait_s: float
    """How long each of them waits in the app."""
    seconds: float
    """After this time all were answered."""


class Row(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One topology in one scenario."""

    topology: str
    """The name of an enuf topology, or of a peer."""
    scenario: str
    """The name of a scenario, or a path of the app."""
    requests: int
    """Requests with the answer that was wanted."""
    failed: int
    """Requests with another answer, or none."""
    rps: float | None = None
    """Requests per second of a closed loop: the capacity."""
    p50_ms: float | None = None
    """Half of the requests took no longer; at the constant rate where there is one."""
    p95_ms: float | None = None
    """95 of 100 requests took no longer."""
    p99_ms: float | None = None
    """99 of 100 requests took no longer."""
    cpu_us_per_request: float | None = None
    """Median of the rounds."""
    memory_mb: float | None = None
    """Median of the rounds."""
    address: str = ""
    """Path and query that were asked, where the scenario asks one."""
    generator: Generator = "built-in"
    """What sent the requests of the closed loop."""
    rounds: tuple[Round, ...] = ()
    """Every round."""
    latencies: tuple[Percentile, ...] = ()
    """The distribution at a constant rate, where one was measured; percentiles rise."""
    rate: float | None = None
    """The requests per second of that constant rate."""
    failures: tuple[UnwantedAnswers, ...] = ()
    """The failed requests by their kind."""
    steps: tuple[SlotStep, ...] = ()
    """The scenario `slots` alone: processes x threads requests fit at once, one more waits."""
    notes: tuple[str, ...] = ()
    """Sentences about this row: what limited the row, what the figures leave out."""


class Version(msgspec.Struct, frozen=True, kw_only=True):
    """A program that took part."""

    name: str
    """Its name."""
    version: str
    """Its version."""


class MeasuredMachine(msgspec.Struct, frozen=True, kw_only=True):
    """Where it was measured."""

    cpu: str
    """Name of the processor."""
    cores: int
    """Cores that may be used."""
    memory_mb: float
    """Memory of the machine."""
    kernel: str
    """Operating system."""
    python: str
    """Version of the Python that runs the app."""
    load_before: float
    """Load average of the last minute before the first round."""
    versions: tuple[Version, ...] = ()
    """Programs and packages that took part."""


class Load(msgspec.Struct, frozen=True, kw_only=True):
    """How it was measured."""

    processes: int
    """Processes of each server."""
    threads: int
    """Threads of each process."""
    connections: int
    """Connections at the same time."""
    round_s: float
    """How long each load lasted."""
    rounds: int
    """Turns of each topology."""
    rate: float | None = None
    """The constant rate that was typed; null where it was chosen."""


class Limit(msgspec.Struct, frozen=True, kw_only=True):
    """The floor: what the app alone costs, called in one process without any server."""

    app_cpu_us: float
    """CPU time of one call of the app, in microseconds."""


class LeftOut(msgspec.Struct, frozen=True, kw_only=True):
    """A topology or scenario that was not measured, and why."""

    name: str
    """Its name."""
    reason: str
    """Why, with the command that installs what is missing."""


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """A whole comparison."""

    schema: int = 1
    """Always 1."""
    command: str = "enuf bench"
    """What was typed."""
    began: str = ""
    """UTC, ISO 8601."""
    machine: MeasuredMachine
    """Where it was measured."""
    app: str
    """The app that was served."""
    load: Load
    """How it was measured."""
    rows: tuple[Row, ...]
    """A row for each topology in each scenario."""
    limit: Limit | None = None
    """The floor; null where the app could not be called alone."""
    left_out: tuple[LeftOut, ...] = ()
    """What was not measured."""
    caveats: tuple[str, ...] = ()
    """What to know before the figures are quoted."""
    interrupted: bool = False
    """True after Ctrl-C."""
