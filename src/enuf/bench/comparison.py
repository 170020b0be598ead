"""Two reports compared: each topology with itself at another time, and whether a difference is one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import msgspec

from enuf.bench.figures import COMPARED, FAILED, Figure, Spread, figure_value, spread_of, subject_of
from enuf.bench.results import Load, MeasuredMachine, Report, Row
from enuf.bench.standing import is_beyond_spread

Verdict = Literal["better", "worse", "within the spread", "spread unknown"]


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """A figure of a row before and after."""

    figure: Figure
    before: float
    after: float
    spread_before: Spread | None
    spread_after: Spread | None
    verdict: Verdict

    @property
    def factor(self) -> float | None:
        """Return how many times the value before the value after is; None where it was 0 before."""
        return self.after / self.before if self.before else None


class ComparedRow(msgspec.Struct, frozen=True, kw_only=True):
    """One topology in one scenario, in both reports."""

    topology: str
    scenario: str
    address: str
    changes: tuple[Change, ...]


class ComparedReports(msgspec.Struct, frozen=True, kw_only=True):
    """What two reports say about the same topologies and scenarios."""

    rows: tuple[ComparedRow, ...]
    only_before: tuple[str, ...]
    """Topology and scenario of rows that the later report lacks."""
    only_after: tuple[str, ...]
    doubts: tuple[str, ...]
    """Sentences: what differs beside the code, so that a difference may come from it."""


def compare_reports(before: Report, after: Report) -> ComparedReports:
    """Compare the rows that both reports have."""
    earlier, later = ({_key(row): row for row in report.rows} for report in (before, after))
    return ComparedReports(
        rows=tuple(_compared(earlier[key], row) for key, row in later.items() if key in earlier),
        only_before=tuple(subject_of(row) for key, row in earlier.items() if key not in later),
        only_after=tuple(subject_of(row) for key, row in later.items() if key not in earlier),
        doubts=(
            *_differences_of_machines(before.machine, after.machine),
            *_differences_of_loads(before.load, after.load),
            *_differences_of_reports(before, after),
        ),
    )


def _compared(before: Row, after: Row) -> ComparedRow:
    changes = tuple(
        _change(figure, before, after, value, value_after)
        for figure in (*COMPARED, FAILED)
        if (value := figure_value(before, figure.name)) is not None
        and (value_after := figure_value(after, figure.name)) is not None
    )
    return ComparedRow(
        topology=after.topology, scenario=after.scenario, address=after.address, changes=changes
    )


def _change(figure: Figure, before: Row, after: Row, value: float, value_after: float) -> Change:
    spreads = spread_of(before, figure.name), spread_of(after, figure.name)
    verdict: Verdict
    if value == value_after == 0:
        verdict = "within the spread"
    elif None in spreads:
        verdict = "spread unknown"
    elif not is_beyond_spread(before, after, figure):
        verdict = "within the spread"
    else:
        verdict = "better" if figure.is_better(value_after, value) else "worse"
    return Change(
        figure=figure,
        before=value,
        after=value_after,
        spread_before=spreads[0],
        spread_after=spreads[1],
        verdict=verdict,
    )


def _differences_of_machines(before: MeasuredMachine, after: MeasuredMachine) -> Iterator[str]:
    if (before.cpu, before.cores) != (after.cpu, after.cores):
        yield f"the machines differ: {before.cpu}, {before.cores} cores, and {after.cpu}, {after.cores} cores"
    if before.kernel != after.kernel:
        yield f"the kernels differ: {before.kernel} and {after.kernel}"
    if before.python != after.python:
        yield f"the Pythons differ: {before.python} and {after.python}"
    versions = {each.name: each.version for each in before.versions}
    for each in after.versions:
        if versions.get(each.name, each.version) != each.version:
            yield f"the versions of {each.name} differ: {versions[each.name]} and {each.version}"
    if abs(before.load_before - after.load_before) > 0.5 * min(before.cores, after.cores):
        yield f"the machine was busy with other work in one of the two: load {before.load_before:.1f} and {after.load_before:.1f}"


def _differences_of_loads(before: Load, after: Load) -> Iterator[str]:
    for name, title in (
        ("processes", "processes of the app"),
        ("threads", "threads of each process"),
        ("connections", "connections at once"),
        ("rate", "requests per second at a constant rate"),
        ("round_s", "seconds of a round"),
        ("rounds", "number of rounds"),
    ):
        values = getattr(before, name), getattr(after, name)
        if values[0] != values[1]:
            yield f"the loads differ: {title}: {_number(values[0])} and {_number(values[1])}"


def _differences_of_reports(before: Report, after: Report) -> Iterator[str]:
    if before.app != after.app:
        yield f"the apps differ: {before.app} and {after.app}"
    generators = {_key(row): row.generator for row in before.rows}
    if any(generators.get(_key(row), row.generator) != row.generator for row in after.rows):
        yield "the programs that sent the requests differ"
    if before.interrupted or after.interrupted:
        yield "one of the reports was interrupted"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:g}"


def _key(row: Row) -> tuple[str, str, str]:
    return row.topology, row.scenario, row.address
