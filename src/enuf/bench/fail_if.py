"""The decision about conditions of `--fail-if`. What was not measured is a miss: it is never passed in silence."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from enuf.bench.condition import BEFORE, COMPARISONS, Condition, Reference, parse_condition
from enuf.bench.figures import FIGURES, figure_value, has_scenario, subject_of, with_unit
from enuf.bench.results import Report, Row

__all__ = ("Condition", "missed", "parse_condition")


def missed(conditions: Sequence[Condition], report: Report, before: Report | None = None) -> tuple[str, ...]:
    """Return a sentence for each row that meets a condition, and for each name that was not measured.

    `before` is the earlier report of `enuf bench compare`.
    """
    return tuple(
        f"--fail-if {str(condition)!r}: {reason}"
        for condition in conditions
        for reason in _reasons(condition, report, before)
    )


def _reasons(condition: Condition, report: Report, before: Report | None) -> Iterator[str]:
    rows = [row for row in report.rows if _is_meant(condition, row)]
    if not rows:
        yield _not_measured(condition.figure, report)
    for row in rows:
        yield from _reasons_of_row(condition, row, report, before)


def _reasons_of_row(condition: Condition, row: Row, report: Report, before: Report | None) -> Iterator[str]:
    name = condition.figure.figure
    value = figure_value(row, name, report.limit)
    if value is None:
        yield f"{name} of {subject_of(row)} was not measured"
        return
    amount, other = condition.factor, None
    if condition.other is not None:
        other = _value_referred(condition.other, name, row, report, before)
        if other is None:
            figure, subject = _resolved(condition.other, name, row)
            yield f"{figure} of {subject} was not measured"
            return
        amount *= other
    if COMPARISONS[condition.comparison](value, amount):
        yield f"measured {name} of {subject_of(row)}: {with_unit(FIGURES[name], value)}{_beside(condition, amount)}"


def _beside(condition: Condition, amount: float) -> str:
    """Return what an amount that is no number amounts to; empty for a number, which the condition shows."""
    if condition.other is None:
        return ""
    return f" ({condition.amount} is {with_unit(FIGURES[condition.figure.figure], amount)})"


def _is_meant(condition: Condition, row: Row) -> bool:
    """Return True for a row that the left side names; a row is not compared with itself where it was not named."""
    named, other = condition.figure, condition.other
    if named.topology not in ("", row.topology) or not _has(row, named.scenario):
        return False
    is_itself = (
        other is not None
        and other.topology == row.topology
        and _has(row, other.scenario)
        and other.figure in ("", named.figure)
    )
    return not is_itself or bool(named.topology)


def _has(row: Row, scenario: str) -> bool:
    """Return True if the row is one of the scenario, or no scenario is named."""
    return not scenario or has_scenario(row, scenario)


def _value_referred(
    other: Reference, name: str, row: Row, report: Report, before: Report | None
) -> float | None:
    """Return the figure that the right side refers to; None where it was not measured."""
    source = before if other.topology == BEFORE else report
    if source is None:
        return None
    topology = row.topology if other.topology in ("", BEFORE) else other.topology
    scenario = other.scenario or row.scenario
    rows = [each for each in source.rows if each.topology == topology and has_scenario(each, scenario)]
    rows = [each for each in rows if each.address == row.address] or (rows if len(rows) == 1 else [])
    return figure_value(rows[0], other.figure or name, source.limit) if rows else None


def _resolved(other: Reference, name: str, row: Row) -> tuple[str, str]:
    """Return the figure and the row that the right side refers to, by their whole names."""
    return other.figure or name, f"{other.topology or row.topology}/{other.scenario or row.scenario}"


def _not_measured(named: Reference, report: Report) -> str:
    """Return that no row is meant, with the reason where the report knows one."""
    why = next(
        (f": {each.reason}" for each in report.left_out if each.name in (named.topology, named.scenario)), ""
    )
    return f"{named} was not measured{why}"
