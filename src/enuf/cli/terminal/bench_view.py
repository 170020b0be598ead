"""A comparison of servers on the terminal, or as a document."""

from __future__ import annotations

import msgspec

from enuf.bench.results import Report, Row
from enuf.cli.terminal.output import print_json, say_as_is
from enuf.cli.widths import aligned
from enuf.language.spoken import translated_label

_FIGURES = ("rps", "p50_ms", "p95_ms", "p99_ms", "cpu_us_per_request", "memory_mb")


def show_report(report: Report, *, as_json: bool) -> None:
    """Print the report: as one JSON document, or as a table."""
    if as_json:
        print_json(msgspec.to_builtins(report))
        return
    heads = ("topology", "scenario", "requests", "failed", *_FIGURES)
    rows = [tuple(translated_label(head) for head in heads), *map(_cells, report.rows)]
    say_as_is("\n".join(aligned(rows)))


def _cells(row: Row) -> tuple[str, ...]:
    figures = (getattr(row, name) for name in _FIGURES)
    shown = ("-" if figure is None else f"{figure:.1f}" for figure in figures)
    return (row.topology, row.scenario, str(row.requests), str(row.failed), *shown)
