"""The pictures of a report, as SVG and PNG, drawn by matplotlib: the extra `enuf[bench]`."""

from __future__ import annotations

import importlib.util
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from enuf.bench.figures import (
    Figure,
    Group,
    figure_value,
    groups_of,
    scenario_title,
    spread_of,
    with_unit,
)
from enuf.bench.pages.charts import (
    CHARTED,
    LineChart,
    direction_label,
    floor_mark,
    latency_chart,
    mark_sentence,
    slots_chart,
)
from enuf.bench.results import Report, Row
from enuf.bench.standing import DEFAULT
from enuf.errors import ToolUnusable
from enuf.model.words import Words
from enuf.system.own_command import installer

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Picture

FORMATS = ("svg", "png")
KOREAN_FONTS = (
    "Noto Sans CJK KR", "Noto Sans KR", "NanumGothic", "NanumBarunGothic", "Malgun Gothic", "Apple SD Gothic Neo", "UnDotum",
)  # fmt: skip
_OWN, _OTHER, _MARK = "#0067a5", "#8793a1", "#b3261e"
_COLOURS = ("#0067a5", "#c2410c", "#00795a", "#9c3f87", "#8a6100", "#0e7490", "#4b5563")
"""Seven colours that people who see no red or no green can tell apart, each at least 4 to 1 against white."""
_PATTERNS = ("-", "--", ":")
_MARKERS = "osD^vP*"
_STYLE: Any = {
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "grid.color": "#d5dae0",
    "svg.fonttype": "none",
    "svg.hashsalt": "enuf",
    "axes.unicode_minus": False,
}


def refuse_missing_matplotlib() -> None:
    """Raise ToolUnusable where matplotlib is not installed beside enuf."""
    if importlib.util.find_spec("matplotlib") is None:
        raise ToolUnusable(
            "the plots need matplotlib, which is not installed beside enuf",
            f"{installer(sys.executable, sys.prefix)} 'enuf[bench]'; --html needs nothing",
            slug="matplotlib-missing",
        )


def has_korean_font() -> bool:
    """Return True if matplotlib finds a font with Korean letters."""
    return bool(_installed_korean_fonts())


def write_plots(report: Report, folder: Path, words: Words) -> tuple[Path, ...]:
    """Draw every figure of every scenario into the folder, as SVG and as PNG. Return the files.

    Raise ToolUnusable where matplotlib is not installed, and OSError where the folder cannot be written.
    """
    refuse_missing_matplotlib()
    import matplotlib as mpl

    folder.mkdir(parents=True, exist_ok=True)
    written = []
    with mpl.rc_context({**_STYLE, "font.family": ["DejaVu Sans", *_installed_korean_fonts()]}):
        for name, picture in _pictures(report, words):
            for form in FORMATS:
                path = folder / f"{name}.{form}"
                picture.savefig(
                    path, format=form, dpi=160, metadata={"Date": None} if form == "svg" else None
                )
                written.append(path)
    return tuple(written)


def _installed_korean_fonts() -> list[str]:
    from matplotlib.font_manager import fontManager

    known = {each.name for each in fontManager.ttflist}
    return [name for name in KOREAN_FONTS if name in known]


def _pictures(report: Report, words: Words) -> Iterator[tuple[str, Picture]]:
    """Yield the name and the picture of every figure that was measured."""
    charts: tuple[tuple[str, Callable[[Group, Words], LineChart | None]], ...] = (
        ("latencies", latency_chart),
        ("steps", slots_chart),
    )
    for stem, group in _named_groups(groups_of(report)):
        for figure in CHARTED:
            rows = [row for row in group.rows if figure_value(row, figure.name) is not None]
            if any(figure_value(row, figure.name) for row in rows):
                yield f"{stem}-{figure.name}", _bars(figure, rows, group, report, words)
        for name, chart_of in charts:
            chart = chart_of(group, words)
            if chart:
                yield f"{stem}-{name}", _lines(chart, group)


def _named_groups(groups: Sequence[Group]) -> Iterator[tuple[str, Group]]:
    """Yield each group with the beginning of its files' names: the scenario, with a number where several addresses were asked."""
    seen: dict[str, int] = {}
    for group in groups:
        name = re.sub(r"[^\w-]+", "-", group.scenario).strip("-") or "scenario"
        seen[name] = seen.get(name, 0) + 1
        yield name if seen[name] == 1 else f"{name}-{seen[name]}", group


def _picture(title: str, height: float) -> tuple[Picture, Axes]:
    from matplotlib.figure import Figure as Picture

    picture = Picture(figsize=(8, height), layout="constrained")
    axes = picture.subplots()
    axes.set_title(title[:1].upper() + title[1:], loc="left", fontweight="bold")
    return picture, axes


def _bars(figure: Figure, rows: Sequence[Row], group: Group, report: Report, words: Words) -> Picture:
    """Draw horizontal bars, each with its value, and the spread of its rounds as a line."""
    title = f"{words.sentence(figure.title)}: {scenario_title(group.scenario, group.address)}"
    picture, axes = _picture(title, 1.4 + 0.42 * len(rows))
    places = range(len(rows))
    values = [figure_value(row, figure.name) or 0.0 for row in rows]
    axes.barh(places, values, height=0.6, color=[_OWN if row.topology == DEFAULT else _OTHER for row in rows])
    tops = [_draw_spread(axes, at, row, figure) for at, row in zip(places, rows, strict=True)]
    for at, value, top in zip(places, values, tops, strict=True):
        axes.annotate(
            with_unit(figure, value),
            (max(value, top), at),
            xytext=(6, 0),
            textcoords="offset points",
            va="center",
        )
    axes.set_yticks(places, [row.topology for row in rows])
    axes.invert_yaxis()
    axes.set_xlim(0, max(*values, *tops, 0) * 1.16)
    axes.set_xlabel(", ".join(filter(None, (figure.unit, direction_label(figure, words)))))
    axes.grid(visible=True, axis="x")
    mark = floor_mark(figure, group, report.limit)
    if mark is not None:
        axes.axvline(mark, color=_MARK, linestyle="--", label=mark_sentence(figure, mark, words))
        picture.legend(loc="outside lower right", frameon=False)
    return picture


def _draw_spread(axes: Axes, at: int, row: Row, figure: Figure) -> float:
    """Draw the spread of a figure on its bar. Return the upper end, 0 where there is no spread."""
    spread = spread_of(row, figure.name)
    if spread is None:
        return 0.0
    axes.plot((spread.low, spread.high), (at, at), color="#1a1d21", linewidth=2, solid_capstyle="butt")
    return spread.high


def _lines(chart: LineChart, group: Group) -> Picture:
    """Draw a chart of lines, each with a colour, a pattern and a marker of its own."""
    title = f"{chart.title}: {scenario_title(group.scenario, group.address)}"
    picture, axes = _picture(title, 4.5)
    for line in chart.lines:
        number = line.number
        axes.plot(
            [x for x, _ in line.points],
            [100 - y for _, y in line.points],
            color=_COLOURS[number % len(_COLOURS)],
            linestyle=_PATTERNS[number // len(_COLOURS) % len(_PATTERNS)],
            marker=_MARKERS[number % len(_MARKERS)],
            markersize=4,
            label=line.name,
        )
    axes.set_xticks([tick.at for tick in chart.x_ticks], [tick.text for tick in chart.x_ticks])
    axes.set_yticks([100 - tick.at for tick in chart.y_ticks], [tick.text for tick in chart.y_ticks])
    axes.set_xlim(0, 102)
    axes.set_ylim(0, 102)
    axes.set_xlabel(chart.x_title + (f" ({chart.subtitle})" if chart.subtitle else ""))
    axes.set_ylabel(chart.y_title)
    axes.grid(visible=True)
    axes.legend(frameon=False, fontsize=9)
    return picture
