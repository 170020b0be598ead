"""Charts as values in per cent of their area, so that a page can draw them at every width."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import msgspec

from enuf.bench.figures import (
    CPU,
    FAILED,
    FLOOR_SCENARIO,
    MEMORY,
    P99,
    RPS,
    Figure,
    Group,
    figure_value,
    spread_of,
    with_unit,
)
from enuf.bench.results import Limit, Row
from enuf.bench.standing import DEFAULT, best_row
from enuf.model.words import Words

_LOWEST_MS = 0.01
CHARTED = (RPS, CPU, P99, MEMORY, FAILED)
"""The figures that are drawn as bars."""


class Bar(msgspec.Struct, frozen=True, kw_only=True):
    """The value of one topology."""

    name: str
    text: str
    length: float
    """Per cent of the area; 0 for a value that was not measured."""
    low: float | None
    """The ends of the spread of the rounds, per cent of the area; None without a spread."""
    high: float | None
    is_default: bool
    is_best: bool


class BarChart(msgspec.Struct, frozen=True, kw_only=True):
    """One figure of all topologies in one scenario."""

    title: str
    direction: str
    """Whether more or less is better."""
    bars: tuple[Bar, ...]
    mark: float | None = None
    """A limit that no bar can pass, per cent of the area."""
    mark_text: str = ""


class Tick(msgspec.Struct, frozen=True):
    """A place on an axis, per cent from its start, and its text."""

    at: float
    text: str


class ChartLine(msgspec.Struct, frozen=True, kw_only=True):
    """One topology as a line: its points, per cent from the left and from the top."""

    name: str
    number: int
    """The number of its colour and of its pattern."""
    points: tuple[tuple[float, float], ...]

    @property
    def path(self) -> str:
        """Return the points as SVG writes them in a polyline."""
        return " ".join(f"{x:.2f},{y:.2f}" for x, y in self.points)


class LineChart(msgspec.Struct, frozen=True, kw_only=True):
    """Lines over two axes."""

    title: str
    subtitle: str
    x_title: str
    y_title: str
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    lines: tuple[ChartLine, ...]


def bar_chart(figure: Figure, group: Group, floor: Limit | None, words: Words) -> BarChart | None:
    """Return the bars of a figure; None where no row has it."""
    values = [figure_value(row, figure.name, floor) for row in group.rows]
    ends = [spread.high for row in group.rows if (spread := spread_of(row, figure.name))]
    top = max((*ends, *(value for value in values if value is not None)), default=0.0)
    if top <= 0:
        return None
    mark = floor_mark(figure, group, floor)
    top = max(top, mark or 0.0)
    best = best_row(group.rows, figure)
    return BarChart(
        title=words.sentence(figure.title),
        direction=direction_label(figure, words),
        bars=tuple(
            _bar(row, figure, value, top, is_best=row is best)
            for row, value in zip(group.rows, values, strict=True)
        ),
        mark=None if mark is None else 100 * mark / top,
        mark_text="" if mark is None else mark_sentence(figure, mark, words),
    )


def floor_mark(figure: Figure, group: Group, floor: Limit | None) -> float | None:
    """Return the value of a figure that no server can pass; None where the floor says nothing about it."""
    if figure is not CPU or floor is None or group.scenario != FLOOR_SCENARIO:
        return None
    return floor.app_cpu_us


def mark_sentence(figure: Figure, mark: float, words: Words) -> str:
    """Return what the mark of the floor means."""
    return words.sentence(f"the app alone: {with_unit(figure, mark)}")


def direction_label(figure: Figure, words: Words) -> str:
    """Return whether more or less of a figure is better."""
    return words.label("more is better" if figure.better == "more" else "less is better")


def _bar(row: Row, figure: Figure, value: float | None, top: float, *, is_best: bool) -> Bar:
    spread = spread_of(row, figure.name)
    return Bar(
        name=row.topology,
        text=with_unit(figure, value),
        length=100 * (value or 0.0) / top,
        low=100 * spread.low / top if spread else None,
        high=100 * spread.high / top if spread else None,
        is_default=row.topology == DEFAULT,
        is_best=is_best,
    )


def latency_chart(group: Group, words: Words) -> LineChart | None:
    """Return the latencies of a scenario by percentile; None where no distribution was measured.

    The axis of the percentiles is logarithmic from the slowest request on: 90, 99 and 99.9 % are equally far apart.
    """
    found = {row.topology: [each for each in row.latencies if each.percent < 100] for row in group.rows}
    found = {name: latencies for name, latencies in found.items() if latencies}
    if not found:
        return None
    every = [max(each.ms, _LOWEST_MS) for latencies in found.values() for each in latencies]
    scale = LogScale(min(every), max(every))
    widest = max(_nines(each.percent) for latencies in found.values() for each in latencies)
    lines = [
        ChartLine(
            name=name,
            number=number,
            points=tuple(
                (100 * _nines(each.percent) / widest, 100 - scale.at(each.ms)) for each in latencies
            ),
        )
        for number, (name, latencies) in enumerate(found.items())
    ]
    rates = sorted({row.rate for row in group.rows if row.rate})
    subtitle = (
        words.sentence(f"at a constant rate of {rates[-1]:,.0f} requests per second")
        if len(rates) == 1
        else ""
    )
    return LineChart(
        title=words.label("latency distribution"),
        subtitle=subtitle,
        x_title=words.label("% of the requests"),
        y_title="ms",
        x_ticks=tuple(
            Tick(100 * _nines(percent) / widest, f"{percent:g}")
            for percent in (0, 50, 90, 99, 99.9, 99.99, 99.999)
            if _nines(percent) <= widest + 0.01
        ),
        y_ticks=tuple(Tick(100 - scale.at(value), f"{value:g}") for value in scale.ticks()),
        lines=tuple(lines),
    )


def slots_chart(group: Group, words: Words) -> LineChart | None:
    """Return how long so many requests at once took; None where no row has steps."""
    rows = [row for row in group.rows if row.steps]
    if not rows:
        return None
    most = max(step.at_once for row in rows for step in row.steps)
    longest = max(step.seconds for row in rows for step in row.steps)
    step = _round_step(longest / 4)
    top = step * math.ceil(longest / step)
    waits = sorted({each.wait_s for row in rows for each in row.steps})
    return LineChart(
        title=words.label("requests at once"),
        subtitle=words.sentence(f"each request waits {waits[-1]:g} s in the app") if len(waits) == 1 else "",
        x_title=words.label("requests at once"),
        y_title="s",
        x_ticks=tuple(Tick(100 * at / most, str(at)) for at in _counts_up_to(most)),
        y_ticks=tuple(
            Tick(100 - 100 * number * step / top, f"{number * step:g}")
            for number in range(round(top / step) + 1)
        ),
        lines=tuple(
            ChartLine(
                name=row.topology,
                number=number,
                points=tuple(
                    (100 * each.at_once / most, 100 - 100 * each.seconds / top) for each in row.steps
                ),
            )
            for number, row in enumerate(rows)
        ),
    )


class LogScale:
    """A logarithmic axis from a tick below the lowest value to a tick above the highest one."""

    def __init__(self, low: float, high: float) -> None:
        self._ticks = tuple(_ticks_around(max(low, _LOWEST_MS), max(high, _LOWEST_MS)))
        self._low, self._high = math.log10(self._ticks[0]), math.log10(self._ticks[-1])

    def at(self, value: float) -> float:
        """Return the place of a value in per cent of the axis."""
        return 100 * (math.log10(max(value, self._ticks[0])) - self._low) / (self._high - self._low)

    def ticks(self) -> tuple[float, ...]:
        """Return the ticks: 1, 2, 5, 10, …; only powers of ten where those are many."""
        return (
            self._ticks
            if len(self._ticks) <= 8
            else tuple(each for each in self._ticks if abs(math.log10(each) % 1 - 0.5) > 0.49)
        )


def _ticks_around(low: float, high: float) -> Iterator[float]:
    """Yield 1, 2 and 5 times the powers of ten from the last one that is not above `low` to the first one above `high`."""
    steps = [factor * 10.0**power for power in range(-3, 10) for factor in (1, 2, 5)]
    first = max(at for at, each in enumerate(steps) if each <= low)
    for each in steps[first:]:
        yield float(f"{each:g}")
        if each > high:
            return


def _nines(percent: float) -> float:
    """Return the place of a percentile: 0 for 0 %, 1 for 90 %, 2 for 99 %."""
    return -math.log10(max(1e-6, 1 - percent / 100))


def _round_step(rough: float) -> float:
    """Return the step of an axis: 1, 2 or 5 times a power of ten, not below `rough`."""
    power = 10.0 ** math.floor(math.log10(max(rough, 1e-3)))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough * 0.999)


def _counts_up_to(most: int) -> Sequence[int]:
    """Return at most twelve whole numbers of an axis that ends with `most`."""
    step = math.ceil(most / 12)
    return range(step, most + 1, step)
