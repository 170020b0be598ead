"""How a topology stands among those that were measured with it: the best one, ratios, and what enuf loses."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from enuf.bench.figures import COMPARED, Figure, Spread, figure_value, spread_of
from enuf.bench.results import Row
from enuf.settings.schema import Settings

DEFAULT = Settings().topology
"""The topology that `enuf up` serves with."""


class Loss(msgspec.Struct, frozen=True, kw_only=True):
    """A figure in which another topology is better than the default one, in every round of both."""

    figure: Figure
    topology: str
    own: float
    winner: str
    best: float


def reference_row(rows: Sequence[Row]) -> Row | None:
    """Return the row of the default topology, to which the others are compared; None where it was not measured."""
    return next((row for row in rows if row.topology == DEFAULT), None)


def ratio(row: Row, reference: Row | None, figure: Figure) -> float | None:
    """Return how many times the reference's figure the row's figure is.

    None where one was not measured, and for a figure by which topologies are not compared.
    """
    if reference is None or figure not in COMPARED:
        return None
    value, other = figure_value(row, figure.name), figure_value(reference, figure.name)
    return value / other if value is not None and other else None


def best_row(rows: Sequence[Row], figure: Figure) -> Row | None:
    """Return the row with the best value; a topology that failed a request is never the best one.

    None where fewer than two rows could be the best one, and for a figure by which topologies are not compared.
    """
    if figure not in COMPARED:
        return None
    candidates = [
        (value, row)
        for row in rows
        if not row.failed and (value := figure_value(row, figure.name)) is not None
    ]
    if len(candidates) < 2:
        return None
    choose = max if figure.better == "more" else min
    return choose(candidates, key=lambda each: each[0])[1]


def losses_of(rows: Sequence[Row]) -> Iterator[Loss]:
    """Yield the figures in which another topology is better than the default one, beyond the spread of the rounds."""
    own = reference_row(rows)
    if own is None:
        return
    for figure in COMPARED:
        best = best_row(rows, figure)
        value = figure_value(own, figure.name)
        if best is None or best is own or value is None or not is_beyond_spread(best, own, figure):
            continue
        yield Loss(
            figure=figure,
            topology=own.topology,
            own=value,
            winner=best.topology,
            best=figure_value(best, figure.name) or 0.0,
        )


def is_beyond_spread(one: Row, other: Row, figure: Figure) -> bool:
    """Return True if the values differ by more than the rounds do: their spreads have no value in common."""
    first, second = _range(one, figure), _range(other, figure)
    if first is None or second is None:
        return False
    return first.high < second.low or second.high < first.low


def _range(row: Row, figure: Figure) -> Spread | None:
    """Return the spread of a figure, or its one value; None where it was not measured."""
    value = figure_value(row, figure.name)
    single = None if value is None else Spread(low=value, high=value)
    return spread_of(row, figure.name) or single
