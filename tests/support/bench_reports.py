"""Made-up reports of `enuf bench`, as they would be on a small machine."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec.structs import replace

from enuf.bench.results import (
    LeftOut,
    Limit,
    Load,
    MeasuredMachine,
    Percentile,
    Report,
    Round,
    Row,
    SlotStep,
    UnwantedAnswers,
    Version,
)

PERCENTS = (50.0, 75.0, 90.0, 95.0, 99.0, 99.9, 99.99, 100.0)
_ROUND_BY_ROUND = (0.97, 1.0, 1.02)
HELLO = {
    # rps, p50, p95, p99, CPU, memory
    "nginx-uwsgi": (7_949.0, 1.9, 3.6, 5.0, 202.0, 84.0),
    "nginx-uwsgi by hand": (8_204.0, 1.8, 3.5, 5.3, 197.0, 58.0),
    "nginx-gunicorn": (3_701.0, 4.1, 11.2, 16.9, 404.0, 63.0),
    "gunicorn": (4_420.0, 3.4, 4.4, 5.1, 358.0, 58.0),
    "granian": (9_950.0, 1.2, 6.1, 10.6, 161.0, 76.0),
    "flask": (1_020.0, 15.0, 22.0, 61.0, 940.0, 41.0),
}


def made_up_row(topology: str = "nginx-uwsgi", scenario: str = "hello", **figures: Any) -> Row:
    """Return a row with three rounds that lie 5 % apart, unless `figures` has rounds."""
    rps, p50, p95, p99, cpu, memory = HELLO.get(topology, HELLO["nginx-uwsgi"])
    row = Row(
        topology=topology, scenario=scenario, requests=int(rps * 15), failed=0, rps=rps, p50_ms=p50, p95_ms=p95,
        p99_ms=p99, cpu_us_per_request=cpu, memory_mb=memory, address="/", generator="wrk",
    )  # fmt: skip
    row = replace(row, **figures)
    return row if row.rounds else replace(row, rounds=rounds_around(row))


def rounds_around(row: Row, factors: Sequence[float] = _ROUND_BY_ROUND) -> tuple[Round, ...]:
    """Return a round for each factor, whose figures are those of the row times the factor."""

    def times(value: float | None, factor: float) -> float | None:
        return None if value is None else value * factor

    return tuple(
        Round(
            requests=row.requests // len(factors),
            failed=row.failed // len(factors),
            rps=times(row.rps, factor),
            p50_ms=times(row.p50_ms, factor),
            p95_ms=times(row.p95_ms, factor),
            p99_ms=times(row.p99_ms, factor),
            cpu_us_per_request=times(row.cpu_us_per_request, factor),
            memory_mb=times(row.memory_mb, factor),
        )
        for factor in factors
    )


def latencies_up_to(p50: float, p99: float) -> tuple[Percentile, ...]:
    """Return a distribution that passes through the median and rises to twice the 99th percentile."""
    shares = (0.0, 0.2, 0.45, 0.6, 1.0, 1.5, 2.0, 2.4)
    return tuple(
        Percentile(percent=percent, ms=round(p50 + (p99 - p50) * share, 3))
        for percent, share in zip(PERCENTS, shares, strict=True)
    )


def made_up_report(*rows: Row, **parts: Any) -> Report:
    """Return a report of these rows; without rows one with every kind of scenario."""
    whole = Report(
        command="enuf bench shop:app --scenario hello --scenario slots --html bench.html",
        began="2026-11-28T12:00:00Z",
        machine=MeasuredMachine(
            cpu="AMD EPYC 7763", cores=2, memory_mb=7_950.0, kernel="6.1.0-18-amd64", python="3.11.2", load_before=0.12,
            versions=(Version(name="nginx", version="1.31.3"), Version(name="uwsgi", version="2.0.30")),
        ),
        app="shop:app",
        load=Load(processes=2, threads=2, connections=16, round_s=5.0, rounds=3, rate=2_000.0),
        rows=rows or every_kind_of_row(),
        limit=Limit(app_cpu_us=74.0),
        left_out=(LeftOut(name="passenger", reason="not installed: apt install libapache2-mod-passenger"),),
        caveats=("the client ran on the same machine and took a share of both cores",),
    )  # fmt: skip
    return replace(whole, **parts)


def every_kind_of_row() -> tuple[Row, ...]:
    """Return rows of six topologies for `hello`, with failures, and of two for `static` and `slots`."""
    hello = [
        made_up_row(name, latencies=latencies_up_to(figures[1], figures[3]), rate=2_000.0)
        for name, figures in HELLO.items()
    ]
    hello[-1] = replace(
        hello[-1], failed=44,
        failures=(UnwantedAnswers(kind="timeout", count=41), UnwantedAnswers(kind="connection refused", count=3)),
        notes=("one process serves all requests",),
    )  # fmt: skip
    hello[4] = replace(
        hello[4], rounds=tuple(replace(each, generator_at_limit=True) for each in hello[4].rounds)
    )
    static = [
        made_up_row("nginx-uwsgi", "static", address="/static/20k.js", rps=24_100.0, cpu_us_per_request=20.0),
        made_up_row("flask", "static", address="/static/20k.js", rps=680.0, cpu_us_per_request=1_423.0),
    ]
    return (*hello, *static, slots_row("nginx-uwsgi", 8), slots_row("gunicorn", 2))


def slots_row(topology: str, slots: int) -> Row:
    """Return a row of the scenario `slots` of a topology that serves so many requests at once."""
    steps = tuple(
        SlotStep(at_once=count, wait_s=1.0, seconds=round(-(-count // slots) + 0.02, 2))
        for count in range(1, 13)
    )
    return Row(
        topology=topology,
        scenario="slots",
        requests=sum(each.at_once for each in steps),
        failed=0,
        steps=steps,
    )
