"""The page of `enuf bench --html`, and its charts as values."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.bench_reports import made_up_report, made_up_row
from tests.support.examples import examples

from enuf.bench.figures import CPU, RPS, groups_of
from enuf.bench.pages.charts import LogScale, bar_chart, latency_chart, slots_chart
from enuf.bench.pages.render import rendered_report, words_in
from enuf.bench.results import Percentile, Report
from enuf.language.choice import Language
from enuf.model.words import ENGLISH

_VOID = {"meta", "rect", "line", "path", "polyline"}


class _Checked(HTMLParser):
    """Collects texts and attributes, and checks that every element is closed."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.texts: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.feed(page)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes += [(name, value or "") for name, value in attrs]
        if tag not in _VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in _VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if data.strip() and self.open[-1] != "style":
            self.texts.append(" ".join(data.split()))


def _text(report: Report, language: Language = "en") -> str:
    return " ".join(_Checked(rendered_report(report, language)).texts)


@pytest.mark.parametrize("language", ["en", "ko"])
def test_the_page_is_whole_and_loads_nothing_and_runs_nothing(language: Language) -> None:
    page = rendered_report(made_up_report(), language)
    checked = _Checked(page)

    assert f'<html lang="{language}">' in page
    assert not re.search(r"<script|<link|<img|@import|url\(|https?://", page)
    names = {name for name, _ in checked.attributes}
    assert not {"src", "srcset"} & names
    assert not any(name.startswith("on") for name in names)


def test_every_link_of_the_page_leads_to_a_part_of_the_page() -> None:
    attributes = _Checked(rendered_report(made_up_report())).attributes
    ids = [value for name, value in attributes if name == "id"]

    assert len(set(ids)) == len(ids)
    assert {value.removeprefix("#") for name, value in attributes if name == "href"} <= set(ids)


def test_the_page_says_everything_that_the_report_knows() -> None:
    text = _text(made_up_report())

    for part in (
        "shop:app", "7,949", "±3%", "x0.47", "granian", "the app alone: 74 µs", "latency distribution",
        "nginx-uwsgi loses to granian", "timeout 41, connection refused 3", "nginx-uwsgi answers 8 requests at once",
        "AMD EPYC 7763", "nginx 1.31.3", "passenger: not installed", "the client ran on the same machine",
        "enuf bench shop:app --scenario hello --scenario slots --html bench.html", "2026-11-28 12:00:00 UTC",
        "at a constant rate of 2,000 requests per second", "one process serves all requests",
    ):  # fmt: skip
        assert part in text


def test_the_korean_page_has_no_english_sentence_of_enuf() -> None:
    text = _text(made_up_report(), "ko")

    assert not re.search(
        "loses to|is better|latency|requests at once|how it was|all figures|remarks|not the best|spread|floor|rounds",
        text,
    )
    assert "초당 응답 수" in text


def test_what_the_report_quotes_cannot_become_markup() -> None:
    report = made_up_report(
        made_up_row(address="/<script>alert(1)</script>", notes=("<b>&",)),
        app="<i>app",
        command="enuf bench '<u>'",
    )

    page = rendered_report(report)

    for markup in ("<script", "<i>", "<u>", "<b>&"):
        assert markup not in page


def test_a_report_that_was_interrupted_and_one_without_rows_say_so_at_the_top() -> None:
    assert "interrupted: only a part was measured" in _text(made_up_report(interrupted=True))
    assert "nothing was measured" in _text(made_up_report(rows=()))


def test_the_longest_bar_or_spread_fills_the_area_and_the_floor_has_its_place_on_the_same_scale() -> None:
    report = made_up_report(
        made_up_row(cpu_us_per_request=100.0), made_up_row("flask", cpu_us_per_request=400.0)
    )
    (group,) = groups_of(report)

    chart = bar_chart(CPU, group, report.limit, ENGLISH)

    assert chart is not None
    own, other = chart.bars
    assert other.high == 100.0
    assert other.length == pytest.approx(4 * own.length)
    assert chart.mark == pytest.approx(own.length * 0.74)


def test_a_figure_that_no_row_has_gets_no_chart_and_a_row_without_the_figure_gets_no_bar() -> None:
    (group,) = groups_of(made_up_report(made_up_row(rps=None)))
    (both,) = groups_of(made_up_report(made_up_row(rps=None), made_up_row("flask")))

    assert bar_chart(RPS, group, None, ENGLISH) is None
    chart = bar_chart(RPS, both, None, ENGLISH)
    assert chart is not None
    assert (chart.bars[0].length, chart.bars[0].text) == (0.0, "-")


def test_percentiles_are_as_far_apart_as_their_nines() -> None:
    latencies = tuple(
        Percentile(percent=percent, ms=ms) for percent, ms in ((90, 1), (99, 10), (99.9, 100), (100, 900))
    )
    (group,) = groups_of(made_up_report(made_up_row(latencies=latencies)))

    chart = latency_chart(group, ENGLISH)

    assert chart is not None
    places = [x for x, _ in chart.lines[0].points]
    assert places == pytest.approx([100 / 3, 200 / 3, 100])
    heights = [y for _, y in chart.lines[0].points]
    assert heights[0] - heights[1] == pytest.approx(heights[1] - heights[2])


def test_the_steps_of_the_slots_become_a_line_for_each_topology() -> None:
    group = groups_of(made_up_report())[-1]

    chart = slots_chart(group, ENGLISH)

    assert chart is not None
    assert [line.name for line in chart.lines] == ["nginx-uwsgi", "gunicorn"]
    assert chart.subtitle == "each request waits 1 s in the app"
    assert latency_chart(group, ENGLISH) is None


@given(st.floats(0.0, 1e7), st.floats(0.0, 1e7))
@settings(max_examples=examples(200))
def test_a_logarithmic_axis_holds_every_value_between_its_ticks(one: float, other: float) -> None:
    low, high = sorted((one, other))
    scale = LogScale(low, high)

    places = [scale.at(each) for each in scale.ticks()]
    assert all(first < second for first, second in pairwise(places))
    assert 0 <= scale.at(low) <= scale.at(high) <= 100
    assert len(scale.ticks()) >= 1


def test_a_language_is_found_for_labels_and_sentences() -> None:
    assert words_in("ko").label("topology") == "토폴로지"
    assert words_in("en").label("topology") == "topology"
