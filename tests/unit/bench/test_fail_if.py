"""What `--fail-if` takes, refuses and decides."""

from __future__ import annotations

import re
import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.bench_reports import made_up_report, made_up_row
from tests.support.examples import examples

from enuf.bench.condition import BEFORE, COMPARISONS, Condition, Reference
from enuf.bench.fail_if import missed, parse_condition
from enuf.bench.figures import FIGURES
from enuf.bench.results import Limit, Report
from enuf.bench.wrong import BenchUsage

_NAMES = st.from_regex(r"[A-Za-z][A-Za-z0-9_-]{0,12}", fullmatch=True).filter(
    lambda name: name not in FIGURES
)
_FIGURES = st.sampled_from(sorted(FIGURES))
_NUMBERS = st.decimals(min_value=0, max_value=10**9, places=3).map(float)
_SUBJECTS = st.fixed_dictionaries({"topology": st.just("") | _NAMES, "scenario": st.just("") | _NAMES})
_LEFT = st.builds(lambda subject, figure: Reference(**subject, figure=figure), _SUBJECTS, _FIGURES)
_RIGHT = st.builds(
    lambda subject, figure: Reference(**subject, figure=figure), _SUBJECTS, st.just("") | _FIGURES
).filter(lambda reference: str(reference) != "")
_CONDITIONS = st.builds(
    lambda figure, comparison, factor, other: Condition(
        figure=figure, comparison=comparison, factor=factor, other=other
    ),
    _LEFT,
    st.sampled_from(sorted(COMPARISONS)),
    _NUMBERS,
    st.none() | _RIGHT,
)


def _missed(text: str, report: Report, before: Report | None = None) -> tuple[str, ...]:
    return missed([parse_condition(text)], report, before)


@given(_CONDITIONS, st.sampled_from(("", " ", "   ")))
@settings(max_examples=examples(300))
def test_a_condition_is_read_as_it_was_written_with_and_without_blanks(
    condition: Condition, blank: str
) -> None:
    assert parse_condition(str(condition)) == condition
    assert parse_condition(str(condition).replace(" ", blank)) == condition


@given(st.text(max_size=40) | st.text(string.ascii_lowercase + string.digits + " <>=!*/.-_", max_size=40))
@settings(max_examples=examples(300))
def test_every_other_text_is_refused_with_a_position_inside_of_it(text: str) -> None:
    try:
        condition = parse_condition(text)
    except BenchUsage as error:
        assert error.exit_code == 2
        position = re.search(r", character (\d+): ", error.summary)
        assert position
        assert 1 <= int(position[1]) <= len(text) + 1
    else:
        assert parse_condition(str(condition)) == condition


@given(st.sampled_from(sorted(COMPARISONS)), _NUMBERS, _NUMBERS)
@settings(max_examples=examples(100))
def test_a_comparison_means_what_python_means_by_it(comparison: str, value: float, limit: float) -> None:
    report = made_up_report(made_up_row(p99_ms=value))
    holds = {
        ">": value > limit, ">=": value >= limit, "<": value < limit, "<=": value <= limit, "==": value == limit,
        "!=": value != limit,
    }[comparison]  # fmt: skip
    assert bool(_missed(f"p99_ms {comparison} {limit:f}", report)) is holds


@pytest.mark.parametrize(
    ("text", "character", "reason"),
    [
        ("p99_ms > 50ms", 12, "a number has no unit"),
        ("p9_ms > 5", 1, "there is no figure p9_ms, did you mean p99_ms?"),
        ("nginx-uwsgi > 5", 1, "nginx-uwsgi is no figure"),
        ("nginx-uwsgi.speed > 5", 1, "there is no figure speed: one of rps"),
        ("rps <", 6, "here must stand a number"),
        ("rps < 2 *", 10, "here must stand a topology or a figure"),
        ("rps => 3", 5, "here must stand a comparison"),
        ("rps < 3 4", 9, "the condition ends before this"),
        ("", 1, "here must stand a figure"),
    ],
)
def test_a_wrong_condition_is_refused_with_the_place_and_the_reason(
    text: str, character: int, reason: str
) -> None:
    with pytest.raises(BenchUsage, match=re.escape(f"character {character}: {reason}")):
        parse_condition(text)


def test_a_figure_alone_is_about_every_row() -> None:
    report = made_up_report(
        made_up_row(p99_ms=61.25), made_up_row("flask", p99_ms=20.0), made_up_row(scenario="cpu", p99_ms=70.0)
    )

    assert _missed("p99_ms > 50", report) == (
        "--fail-if 'p99_ms > 50': measured p99_ms of nginx-uwsgi/hello /: 61.2 ms",
        "--fail-if 'p99_ms > 50': measured p99_ms of nginx-uwsgi/cpu /: 70.0 ms",
    )
    assert len(_missed("/hello.p99_ms > 50", report)) == 1
    assert not _missed("flask.p99_ms > 50", report)


def test_a_topology_is_compared_with_another_one_by_the_same_figure_of_the_same_scenario() -> None:
    report = made_up_report(
        made_up_row(cpu_us_per_request=210.0),
        made_up_row("nginx-gunicorn", cpu_us_per_request=400.0),
        made_up_row("nginx-gunicorn", "cpu", cpu_us_per_request=9_000.0),
    )

    assert _missed("nginx-uwsgi/hello.cpu_us_per_request > 0.5 * nginx-gunicorn", report) == (
        "--fail-if 'nginx-uwsgi/hello.cpu_us_per_request > 0.5 * nginx-gunicorn':"
        " measured cpu_us_per_request of nginx-uwsgi/hello /: 210 µs (0.5 * nginx-gunicorn is 200 µs)",
    )
    assert not _missed("nginx-uwsgi/hello.cpu_us_per_request > 0.6 * nginx-gunicorn", report)


def test_a_topology_is_not_compared_with_itself_where_every_other_one_is_meant() -> None:
    report = made_up_report(made_up_row(rps=1_000.0), made_up_row("flask", rps=400.0))

    assert not _missed("rps > 2 * nginx-uwsgi", report)
    assert not _missed("rps >= nginx-uwsgi", report)


def test_figures_of_one_row_are_compared_with_each_other() -> None:
    report = made_up_report(made_up_row(p50_ms=1.0, p99_ms=11.0))

    assert _missed("p99_ms > 10 * p50_ms", report)
    assert not _missed("p99_ms > 12 * p50_ms", report)


def test_the_earlier_report_is_compared_row_by_row() -> None:
    before, after = made_up_report(made_up_row(p99_ms=5.0)), made_up_report(made_up_row(p99_ms=6.0))

    assert _missed(f"p99_ms > 1.1 * {BEFORE}", after, before)
    assert not _missed(f"p99_ms > 1.3 * {BEFORE}", after, before)
    assert "was not measured" in _missed(f"p99_ms > {BEFORE}", after)[0]


@pytest.mark.parametrize(
    "text",
    [
        "granian.p99_ms > 1000",
        "/cpu.p99_ms > 1000",
        "nginx-uwsgi.memory_mb > 1000",
        "nginx-uwsgi.rps < 0 * granian",
        "nginx-uwsgi.rps < 0 * flask.memory_mb",
    ],
)
def test_what_was_not_measured_is_a_miss(text: str) -> None:
    report = made_up_report(made_up_row(memory_mb=None), made_up_row("flask", memory_mb=None))

    assert "was not measured" in _missed(text, report)[0]


def test_a_report_without_rows_misses_every_condition() -> None:
    assert _missed("failed > 0", made_up_report(rows=()))


def test_a_miss_names_why_the_topology_was_left_out() -> None:
    assert "apt install libapache2-mod-passenger" in _missed("passenger.rps < 1", made_up_report())[0]


def test_the_efficiency_is_the_share_of_the_app_and_known_with_a_floor_only() -> None:
    report = made_up_report(made_up_row(cpu_us_per_request=200.0), limit=Limit(app_cpu_us=90.0))

    assert not _missed("efficiency < 0.45", report)
    assert _missed("efficiency < 0.46", report)
    assert "was not measured" in _missed("efficiency < 0.1", made_up_report(made_up_row(), limit=None))[0]


def test_paths_of_the_users_own_are_scenarios_that_are_named_without_their_query() -> None:
    report = made_up_report(
        made_up_row(scenario="/a", address="/a", rps=100.0),
        made_up_row("flask", "/a", address="/a", rps=90.0),
        made_up_row(scenario="/b/c?page=2", address="/b/c?page=2", rps=10.0),
        made_up_row("flask", "/b/c?page=2", address="/b/c?page=2", rps=9.0),
    )

    assert not _missed("nginx-uwsgi.rps < flask", report)
    assert len(_missed("nginx-uwsgi.rps > flask", report)) == 2
    assert _missed("nginx-uwsgi/b/c.rps > 5", report) == (
        "--fail-if 'nginx-uwsgi/b/c.rps > 5': measured rps of nginx-uwsgi/b/c?page=2: 10/s",
    )
