"""The table of `enuf bench`, for 80 columns."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Sequence

from rich.cells import cell_len
from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from enuf.bench.figures import (
    COMPARED,
    CPU,
    EFFICIENCY,
    FAILED,
    MEMORY,
    P50,
    P95,
    P99,
    RPS,
    Figure,
    Group,
    deviation,
    factor_text,
    figure_value,
    groups_of,
    is_measured,
    scenario_title,
    written,
)
from enuf.bench.remarks import (
    caveat_sentences,
    floor_sentence,
    group_sentences,
    left_out_sentences,
    load_sentence,
    loss_sentences,
    machine_sentence,
    versions_text,
)
from enuf.bench.results import Report, Row
from enuf.bench.standing import DEFAULT, best_row, ratio, reference_row
from enuf.cli.terminal.output import printable, takes_colours
from enuf.cli.verb import current
from enuf.language.spoken import SPOKEN
from enuf.model.words import Words

NARROWEST = 60
_HEADS = ((RPS, "rps"), (P50, "p50"), (P95, "p95"), (P99, "p99"), (CPU, "CPU µs"), (EFFICIENCY, "eff."), (MEMORY, "MB"), (FAILED, "failed"))  # fmt: skip
"""The columns with their heads, which are those of the JSON document, shortened."""
_NAME = 20
"""Columns of a topology's name; longer ones are folded."""


def print_report(report: Report) -> None:
    """Print a report for people: to stdout, or to stderr when stdout holds JSON; print nothing with --quiet."""
    if not current().quiet:
        show_parts(report_parts(report, SPOKEN))


def show_parts(parts: Iterable[RenderableType]) -> None:
    """Print parts of a report for people where `say` prints."""
    import sys

    stream = sys.stderr if current().json else sys.stdout
    width = max(NARROWEST, shutil.get_terminal_size().columns)
    colours = takes_colours(stream)
    console = Console(
        file=stream, width=width, no_color=not colours, highlight=False, force_terminal=colours, markup=False
    )
    for part in parts:
        console.print(part)


def report_parts(report: Report, words: Words) -> list[RenderableType]:
    """Return a report as parts of a screen."""
    parts: list[RenderableType] = []
    for group in groups_of(report):
        parts += [*_group(group, report, words), Text()]
    if parts:
        parts += [*bullets([_legend(report, words)], "dim"), Text()]
    else:
        parts.append(Text(words.sentence("nothing was measured"), "bold red"))
    parts += _about(report, words)
    return parts


def _group(group: Group, report: Report, words: Words) -> list[RenderableType]:
    head = Text(printable(scenario_title(group.scenario, group.address)), "bold")
    table = _table(group, report, words)
    return [
        head,
        *([table] if table else []),
        *bullets(loss_sentences(group, words), "red"),
        *bullets(group_sentences(group, words)),
    ]


def _table(group: Group, report: Report, words: Words) -> Table | None:
    """Return the figures of a scenario: two lines for each topology, its figures and how many times those of the default topology they are.

    None where nothing but steps was measured.
    """
    heads = [(figure, head) for figure, head in _HEADS if is_measured(figure, group, report.limit)]
    if not any(figure in COMPARED for figure, _ in heads):
        return None
    best = {figure.name: best_row(group.rows, figure) for figure, _ in heads}
    reference = reference_row(group.rows)
    table = Table(box=None, padding=(0, 0, 0, 1), pad_edge=False, header_style="dim")
    table.add_column(words.label("topology"), overflow="fold", max_width=_NAME)
    for figure, head in heads:
        table.add_column(words.label(head), justify="right", no_wrap=True)
        if figure is RPS:
            table.add_column("±", justify="right", no_wrap=True)
    for row in group.rows:
        table.add_row(
            *_line(row, heads, lambda figure, row: _figure(figure, row, best, report), _deviation(row))
        )
        if reference not in (None, row):
            table.add_row(*_line(row, heads, lambda figure, row: _ratio(figure, row, reference)), style="dim")
    return table


def _line(
    row: Row,
    heads: Sequence[tuple[Figure, str]],
    cell: Callable[[Figure, Row], Text],
    beside: str | None = None,
) -> list[Text]:
    """Return the cells of a line; the line of the ratios has no name and nothing beside the throughput."""
    cells = [
        Text("" if beside is None else printable(row.topology), "bold" if row.topology == DEFAULT else "")
    ]
    for figure, _ in heads:
        cells.append(cell(figure, row))
        if figure is RPS:
            cells.append(Text(beside or "", "dim"))
    return cells


def _figure(figure: Figure, row: Row, best: dict[str, Row | None], report: Report) -> Text:
    value = figure_value(row, figure.name, report.limit)
    if best.get(figure.name) is row:
        return Text(f"{written(figure, value)}*", "bold green")
    return Text(f"{written(figure, value)} ", "bold red" if figure is FAILED and value else "")


def _ratio(figure: Figure, row: Row, reference: Row | None) -> Text:
    factor = ratio(row, reference, figure)
    return Text() if factor is None else Text(f"{factor_text(factor)} ")


def _deviation(row: Row) -> str:
    share = deviation(row, RPS.name)
    return "" if share is None else f"{share:.0%}"


def _legend(report: Report, words: Words) -> str:
    parts = [
        words.sentence("rps: answers per second, and ± half of the spread of the rounds"),
        words.sentence("p50, p95, p99: latency in ms"),
        words.sentence("CPU µs: of all server processes, for a request"),
        words.sentence("MB: memory of all server processes (PSS)"),
        words.sentence("*: the best without a failure"),
    ]
    if report.limit:
        parts.insert(3, words.sentence("eff.: the share of the CPU that the app itself needs"))
    if any(reference_row(group.rows) for group in groups_of(report)):
        parts.append(words.sentence(f"x: how many times {DEFAULT}"))
    return "; ".join(parts)


def _about(report: Report, words: Words) -> list[RenderableType]:
    """Return what a reader must know beside the figures."""
    stopped = [words.sentence("interrupted: only a part was measured")] if report.interrupted else []
    rows: tuple[tuple[str, Iterable[str], str], ...] = (
        (words.label("stopped"), stopped, "bold yellow"),
        (words.label("not measured"), left_out_sentences(report, words), ""),
        (words.label("mind"), caveat_sentences(report, words), "yellow"),
        (words.label("app"), (report.app, floor_sentence(report, words)), ""),
        (words.label("load"), (load_sentence(report, words),), ""),
        (words.label("machine"), (machine_sentence(report, words), versions_text(report)), ""),
    )
    shown = [(label, [text for text in texts if text], style) for label, texts, style in rows]
    width = max(cell_len(label) for label, texts, _ in shown if texts)
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(width=width, style="dim")
    grid.add_column(overflow="fold")
    for label, texts, style in shown:
        for number, text in enumerate(texts):
            grid.add_row("" if number else label, Text(printable(text), style))
    return [grid]


def bullets(sentences: Iterable[str], style: str = "") -> list[RenderableType]:
    """Return sentences as indented parts of a screen, each folded at the width of the screen."""
    return [Padding(Text(printable(text), style), (0, 0, 0, 2), expand=False) for text in sentences]
