"""The figures of a row by the names that the JSON document gives them: titles, units, and which value is the better one."""

from __future__ import annotations

from typing import Literal

import msgspec

from enuf.bench.results import Limit, Report, Row

FLOOR_SCENARIO = "hello"
"""The scenario that asks the app alone: the floor is measured for this scenario's request."""


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """A figure that a row has."""

    name: str
    """The key in the JSON document."""
    title: str
    """Words for people, which `Words.sentence` translates."""
    unit: str
    better: Literal["more", "less"]
    digits: int
    """Digits behind the point."""

    def is_better(self, one: float, other: float) -> bool:
        """Return True if the first value is better than the second."""
        return one > other if self.better == "more" else one < other


RPS = Figure(name="rps", title="answers per second", unit="/s", better="more", digits=0)
P50 = Figure(name="p50_ms", title="median latency", unit="ms", better="less", digits=1)
P95 = Figure(name="p95_ms", title="latency, 95 % within", unit="ms", better="less", digits=1)
P99 = Figure(name="p99_ms", title="latency, 99 % within", unit="ms", better="less", digits=1)
CPU = Figure(name="cpu_us_per_request", title="CPU per request", unit="µs", better="less", digits=0)
EFFICIENCY = Figure(name="efficiency", title="the app's share of the CPU", unit="", better="more", digits=2)
MEMORY = Figure(name="memory_mb", title="memory (PSS)", unit="MB", better="less", digits=0)
FAILED = Figure(name="failed", title="failed requests", unit="", better="less", digits=0)
REQUESTS = Figure(name="requests", title="requests sent", unit="", better="more", digits=0)

COMPARED = (RPS, P50, P95, P99, CPU, MEMORY)
"""The figures by which topologies are compared with each other, and a topology with itself at another time."""
FIGURES = {figure.name: figure for figure in (RPS, P50, P95, P99, CPU, EFFICIENCY, MEMORY, FAILED, REQUESTS)}


class Spread(msgspec.Struct, frozen=True, kw_only=True):
    """The lowest and the highest value of a figure in the rounds of a row."""

    low: float
    high: float

    def share_of(self, value: float) -> float:
        """Return half of the width as a share of a value."""
        return (self.high - self.low) / 2 / value


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """The rows that asked for the same thing: one scenario, one address."""

    scenario: str
    address: str
    rows: tuple[Row, ...]


def efficiency(row: Row, floor: Limit | None) -> float | None:
    """Return the share of the CPU time that the app itself needs; None where the floor says nothing about this row."""
    if floor is None or not row.cpu_us_per_request or row.scenario != FLOOR_SCENARIO:
        return None
    return floor.app_cpu_us / row.cpu_us_per_request


def figure_value(row: Row, name: str, floor: Limit | None = None) -> float | None:
    """Return a figure of the row by its name; None where it was not measured."""
    value: float | None = efficiency(row, floor) if name == EFFICIENCY.name else getattr(row, name)
    return value


def is_measured(figure: Figure, group: Group, floor: Limit | None) -> bool:
    """Return True if a row of the group has the figure."""
    return any(figure_value(row, figure.name, floor) is not None for row in group.rows)


def spread_of(row: Row, name: str) -> Spread | None:
    """Return the spread of a figure; None where fewer than two rounds have a value."""
    values = [value for each in row.rounds if (value := getattr(each, name, None)) is not None]
    return Spread(low=min(values), high=max(values)) if len(values) > 1 else None


def deviation(row: Row, name: str) -> float | None:
    """Return half of the width of a figure's spread as a share of the figure; None where there is no spread."""
    spread, value = spread_of(row, name), figure_value(row, name)
    return spread.share_of(value) if spread and value else None


def subject_of(row: Row) -> str:
    """Return the name of a row: `nginx-uwsgi/hello /`."""
    return f"{row.topology}/{scenario_title(row.scenario, row.address).removeprefix('/')}"


def scenario_title(scenario: str, address: str) -> str:
    """Return the scenario and what was asked; the scenario of a path of the user's own is that path."""
    return scenario if address in ("", scenario) else f"{scenario} {address}"


def has_scenario(row: Row, name: str) -> bool:
    """Return True if the row is one of the scenario; a path may be named without its first slash and its query."""
    return name in (row.scenario, row.scenario.partition("?")[0].removeprefix("/"))


def groups_of(report: Report) -> tuple[Group, ...]:
    """Return the rows by what they asked for, in the order of the document."""
    found: dict[tuple[str, str], list[Row]] = {}
    for row in report.rows:
        found.setdefault((row.scenario, row.address), []).append(row)
    return tuple(
        Group(scenario=scenario, address=address, rows=tuple(rows))
        for (scenario, address), rows in found.items()
    )


def written(figure: Figure, value: float | None) -> str:
    """Return a value as people read it, without its unit; `-` for None."""
    if value is None:
        return "-"
    digits = figure.digits if value < 1000 else 0
    return f"{value:,.{digits}f}"


def with_unit(figure: Figure, value: float | None) -> str:
    """Return a value with its unit; `-` for None."""
    gap = "" if figure.unit.startswith("/") or not figure.unit else " "
    return "-" if value is None else f"{written(figure, value)}{gap}{figure.unit}"


def factor_text(factor: float) -> str:
    """Return how many times a value is another one: `x0.40`, `x12.5`, `x1423`."""
    return f"x{factor:.2f}" if factor < 9.995 else f"x{factor:.1f}" if factor < 99.95 else f"x{factor:.0f}"
