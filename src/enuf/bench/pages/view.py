"""The content of the page: every text in the language of its reader."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from enuf.bench.figures import (
    COMPARED,
    CPU,
    EFFICIENCY,
    FAILED,
    FIGURES,
    MEMORY,
    P99,
    RPS,
    Figure,
    Group,
    deviation,
    factor_text,
    figure_value,
    groups_of,
    is_measured,
    with_unit,
    written,
)
from enuf.bench.pages.charts import CHARTED, BarChart, LineChart, bar_chart, latency_chart, slots_chart
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
from enuf.language.choice import Language
from enuf.model.words import Words

_TILES = (RPS, P99, CPU, EFFICIENCY, MEMORY, FAILED)


class Cell(msgspec.Struct, frozen=True, kw_only=True):
    """A value of the table, its spread, and how many times the default topology's value it is."""

    text: str
    spread: str = ""
    factor: str = ""
    is_best: bool = False
    is_bad: bool = False


class TableRow(msgspec.Struct, frozen=True, kw_only=True):
    """A topology in the table."""

    name: str
    is_default: bool
    cells: tuple[Cell, ...]


class ScenarioView(msgspec.Struct, frozen=True, kw_only=True):
    """One scenario: its charts, its table, and what is said about it."""

    name: str
    address: str
    anchor: str
    bars: tuple[BarChart, ...]
    lines: tuple[LineChart, ...]
    heads: tuple[str, ...]
    rows: tuple[TableRow, ...]
    losses: tuple[str, ...]
    remarks: tuple[str, ...]


class AboutRow(msgspec.Struct, frozen=True, kw_only=True):
    """A label and what it labels."""

    label: str
    texts: tuple[str, ...]


class PageTexts(msgspec.Struct, frozen=True, kw_only=True):
    """The words of the page that stand in every report."""

    contents: str
    topology: str
    best: str
    lost: str
    remarks: str
    table: str
    about: str
    command: str


class PageView(msgspec.Struct, frozen=True, kw_only=True):
    """The whole page."""

    language: Language
    title: str
    subtitle: str
    alarm: str
    """What makes the whole report doubtful; empty for a report that is whole."""
    tiles_title: str
    tiles: tuple[tuple[str, str], ...]
    scenarios: tuple[ScenarioView, ...]
    about: tuple[AboutRow, ...]
    command: str
    texts: PageTexts
    legend: str


def page_view(report: Report, language: Language, words: Words) -> PageView:
    """Return the content of the page about a report."""
    groups = groups_of(report)
    first = next((row for group in groups if (row := reference_row(group.rows))), None)
    return PageView(
        language=language,
        title=words.sentence(f"{report.app}: ways to serve it, compared"),
        subtitle=report.began.replace("T", " ").replace("Z", " UTC"),
        alarm=_alarm(report, words),
        tiles_title=f"{first.topology}: {first.scenario}" if first else "",
        tiles=tuple(_tiles(first, report, words)) if first else (),
        scenarios=tuple(_scenario(number, group, report, words) for number, group in enumerate(groups)),
        about=tuple(_about(report, words)),
        command=report.command,
        texts=_texts(words),
        legend=words.sentence(
            f"The line through the end of a bar is the spread of the rounds. x0.50 is half of what {DEFAULT} has."
        ),
    )


def _alarm(report: Report, words: Words) -> str:
    if not report.rows:
        return words.sentence("nothing was measured")
    return words.sentence("interrupted: only a part was measured") if report.interrupted else ""


def _texts(words: Words) -> PageTexts:
    return PageTexts(
        contents=words.label("contents"),
        topology=words.label("topology"),
        best=words.label("best"),
        lost=words.sentence(f"Where {DEFAULT} is not the best"),
        remarks=words.label("remarks"),
        table=words.label("all figures"),
        about=words.label("how it was measured"),
        command=words.label("command"),
    )


def _tiles(row: Row, report: Report, words: Words) -> Iterator[tuple[str, str]]:
    for figure in _TILES:
        value = figure_value(row, figure.name, report.limit)
        if value is not None:
            yield words.sentence(figure.title), with_unit(figure, value)


def _scenario(number: int, group: Group, report: Report, words: Words) -> ScenarioView:
    bars = (bar_chart(figure, group, report.limit, words) for figure in CHARTED)
    lines = (latency_chart(group, words), slots_chart(group, words))
    figures = [figure for figure in FIGURES.values() if is_measured(figure, group, report.limit)]
    best = {figure.name: best_row(group.rows, figure) for figure in figures}
    reference = reference_row(group.rows)
    return ScenarioView(
        name=group.scenario,
        address="" if group.address == group.scenario else group.address,
        anchor=f"s{number}",
        bars=tuple(each for each in bars if each),
        lines=tuple(each for each in lines if each),
        heads=tuple(_head(figure, words) for figure in figures),
        rows=tuple(
            TableRow(
                name=row.topology,
                is_default=row.topology == DEFAULT,
                cells=tuple(
                    _cell(row, figure, reference, report, is_best=best.get(figure.name) is row)
                    for figure in figures
                ),
            )
            for row in group.rows
        ),
        losses=tuple(loss_sentences(group, words)),
        remarks=tuple(group_sentences(group, words)),
    )


def _head(figure: Figure, words: Words) -> str:
    title = words.sentence(figure.title)
    return f"{title}, {figure.unit}" if figure.unit in ("ms", "µs", "MB") else title


def _cell(row: Row, figure: Figure, reference: Row | None, report: Report, *, is_best: bool) -> Cell:
    value = figure_value(row, figure.name, report.limit)
    share = deviation(row, figure.name) if figure in COMPARED else None
    factor = ratio(row, reference, figure) if row is not reference else None
    return Cell(
        text=written(figure, value),
        spread="" if share is None else f"±{share:.0%}",
        factor="" if factor is None else factor_text(factor),
        is_best=is_best,
        is_bad=figure is FAILED and bool(value),
    )


def _about(report: Report, words: Words) -> Iterator[AboutRow]:
    rows = {
        words.label("app"): (report.app, floor_sentence(report, words)),
        words.label("load"): (load_sentence(report, words),),
        words.label("machine"): (machine_sentence(report, words), versions_text(report)),
        words.label("mind"): tuple(caveat_sentences(report, words)),
        words.label("not measured"): tuple(left_out_sentences(report, words)),
    }
    for label, texts in rows.items():
        if any(texts):
            yield AboutRow(label=label, texts=tuple(filter(None, texts)))
