"""The output of `enuf bench compare`."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby

import msgspec
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from enuf.bench.comparison import Change, ComparedReports, ComparedRow, Verdict
from enuf.bench.figures import Figure, Spread, factor_text, scenario_title, written
from enuf.cli.terminal.bench_table import bullets, show_parts
from enuf.cli.terminal.output import print_json, printable
from enuf.cli.verb import current
from enuf.language.spoken import SPOKEN
from enuf.model.words import Words

_STYLES = {"better": "green", "worse": "bold red", "within the spread": "dim", "spread unknown": "yellow"}


def show_comparison(compared: ComparedReports, missed: tuple[str, ...]) -> None:
    """Print a comparison: as a document with --json, and as a table for people."""
    if current().json:
        print_json(comparison_document(compared, missed))
    elif not current().quiet:
        show_parts(comparison_parts(compared, SPOKEN))


def comparison_parts(compared: ComparedReports, words: Words) -> list[RenderableType]:
    """Return a comparison as parts of a screen."""
    parts: list[RenderableType] = []
    for (scenario, address), rows in groupby(compared.rows, lambda row: (row.scenario, row.address)):
        head = Text(printable(scenario_title(scenario, address)), "bold")
        parts += [head, _table(list(rows), words), Text()]
    lacking = (
        *(words.sentence(f"only in the first report: {name}") for name in compared.only_before),
        *(words.sentence(f"only in the second report: {name}") for name in compared.only_after),
    )
    if not compared.rows:
        parts.append(Text(words.sentence("the reports have no topology and scenario in common"), "bold red"))
    doubts = map(words.sentence, compared.doubts)
    return [*parts, *bullets(lacking), *bullets(doubts, "yellow"), *_verdict(compared, words)]


def _table(rows: Iterable[ComparedRow], words: Words) -> Table:
    table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False, header_style="dim")
    table.add_column(words.label("figure"), overflow="fold")
    table.add_column(words.label("before"), justify="right", no_wrap=True)
    table.add_column(words.label("after"), justify="right", no_wrap=True)
    table.add_column("x", justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    for row in rows:
        table.add_row(Text(printable(row.topology), "bold"))
        for change in row.changes:
            table.add_row(*_cells(change, words))
    return table


def _cells(change: Change, words: Words) -> list[Text]:
    figure = change.figure
    return [
        Text(f"  {figure.name}"),
        Text(_value(figure, change.before, change.spread_before)),
        Text(_value(figure, change.after, change.spread_after)),
        Text("" if change.factor is None else factor_text(change.factor)),
        Text(_verdict_label(change.verdict, words), _STYLES[change.verdict]),
    ]


def _verdict_label(verdict: Verdict, words: Words) -> str:
    labels: dict[Verdict, str] = {
        "better": words.label("better"),
        "worse": words.label("worse"),
        "within the spread": words.label("within the spread"),
        "spread unknown": words.label("spread unknown"),
    }
    return labels[verdict]


def _value(figure: Figure, value: float, spread: Spread | None) -> str:
    """Return a value and half of its spread: `7,949 ±2%`."""
    if spread is None or not value:
        return written(figure, value)
    return f"{written(figure, value)} ±{spread.share_of(value):.0%}"


def _verdict(compared: ComparedReports, words: Words) -> list[RenderableType]:
    """Return the whole in one sentence."""
    verdicts = [change.verdict for row in compared.rows for change in row.changes]
    better, worse = verdicts.count("better"), verdicts.count("worse")
    if not verdicts:
        return []
    if "spread unknown" in verdicts:
        unknown = words.sentence(
            "one round has no spread: measure with --rounds 3 or more to tell a difference from noise"
        )
        return [Text(unknown, "yellow")]
    if not better and not worse:
        return [Text(words.sentence("no difference beyond the spread of the rounds"), "bold")]
    style = "bold red" if worse else "bold green"
    return [Text(words.sentence(f"beyond the spread of the rounds: better {better}, worse {worse}"), style)]


def comparison_document(compared: ComparedReports, missed: tuple[str, ...]) -> dict[str, object]:
    """Return the comparison as builtin values; a figure by its key."""
    return {
        "rows": [
            {
                "topology": row.topology,
                "scenario": row.scenario,
                "address": row.address,
                "changes": [
                    {
                        "figure": each.figure.name,
                        "before": each.before,
                        "after": each.after,
                        "spread_before": msgspec.to_builtins(each.spread_before),
                        "spread_after": msgspec.to_builtins(each.spread_after),
                        "verdict": each.verdict,
                    }
                    for each in row.changes
                ],
            }
            for row in compared.rows
        ],
        "only_before": list(compared.only_before),
        "only_after": list(compared.only_after),
        "doubts": list(compared.doubts),
        "missed": list(missed),
    }
