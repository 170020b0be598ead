"""What `enuf bench` prints for people."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator

import pytest
from rich.cells import cell_len
from rich.console import Console
from tests.support.bench_reports import made_up_report, made_up_row, rounds_around

from enuf.bench.results import Report, Row, UnwantedAnswers
from enuf.cli.terminal.bench_table import report_parts
from enuf.language.spoken import SPOKEN, begin_language
from enuf.model.words import ENGLISH, Words


@pytest.fixture
def korean() -> Iterator[Words]:
    begin_language({"LANG": "ko_KR.UTF-8"})
    yield SPOKEN
    begin_language({})


def _lines(report: Report, words: Words = ENGLISH) -> list[str]:
    stream = io.StringIO()
    console = Console(file=stream, width=80, highlight=False)
    for part in report_parts(report, words):
        console.print(part)
    return stream.getvalue().splitlines()


def _text(*rows: Row, **parts: object) -> str:
    return " ".join(" ".join(_lines(made_up_report(*rows, **parts))).split())


def _line_of(topology: str, report: Report) -> str:
    return next(line for line in _lines(report) if line.startswith(f"{topology} "))


def test_no_line_is_wider_than_80_columns() -> None:
    assert max(map(cell_len, _lines(made_up_report()))) <= 80


def test_no_line_in_korean_is_wider_than_80_columns_and_none_has_an_english_sentence(korean: Words) -> None:
    lines = _lines(made_up_report(), korean)

    assert max(map(cell_len, lines)) <= 80
    english = (
        "left all rounds|loses to|requests at once|of the spread|without any server|not measured|in turns"
    )
    assert not re.search(english, "\n".join(lines))


def test_the_best_value_of_each_figure_is_marked_and_a_topology_that_failed_is_never_the_best() -> None:
    report = made_up_report(
        made_up_row(rps=100.0),
        made_up_row("flask", rps=90.0, p99_ms=9.0),
        made_up_row("gunicorn", rps=500.0, failed=3),
    )

    assert " 100*" in _line_of("nginx-uwsgi", report)
    assert "500*" not in _line_of("gunicorn", report)


def test_a_topology_that_was_measured_alone_is_not_called_the_best() -> None:
    assert "*" not in _line_of("nginx-uwsgi", made_up_report(made_up_row()))


def test_a_figure_in_which_enuf_is_worse_beyond_the_spread_is_said_to_be_lost() -> None:
    rows = made_up_row(cpu_us_per_request=200.0), made_up_row("granian", cpu_us_per_request=160.0)

    assert "nginx-uwsgi loses to granian: CPU per request 200 µs against 160 µs, x1.25" in _text(*rows)


def test_a_figure_in_which_enuf_is_worse_within_the_spread_is_not_said_to_be_lost() -> None:
    own = made_up_row(cpu_us_per_request=200.0)
    other = made_up_row("granian", p99_ms=1.0)
    other_cpu = made_up_row("granian", cpu_us_per_request=198.0)

    assert "CPU per request" not in _text(own, other_cpu).partition("rps:")[0]
    assert "loses to granian" in _text(own, other)


def test_the_figures_of_the_others_are_shown_as_multiples_of_the_default_topology() -> None:
    lines = _lines(made_up_report(made_up_row(rps=1_000.0), made_up_row("flask", rps=250.0)))

    after = lines[next(at for at, line in enumerate(lines) if line.startswith("flask")) + 1]
    assert "x0.25" in after.split()


def test_the_spread_of_the_throughput_stands_beside_the_throughput() -> None:
    row = made_up_row(rps=1_000.0)
    report = made_up_report(made_up_row(rps=1_000.0, rounds=rounds_around(row, (0.9, 1.0, 1.1))))

    assert "1,000 10%" in " ".join(_line_of("nginx-uwsgi", report).split())


def test_the_share_of_the_app_stands_beside_the_cpu_and_the_floor_below() -> None:
    report = made_up_report(made_up_row(cpu_us_per_request=200.0))

    assert " 0.37 " in _line_of("nginx-uwsgi", report)
    assert "floor: the app alone takes 74 µs of CPU" in _text(made_up_row())


def test_failures_are_counted_by_kind_the_most_frequent_first() -> None:
    row = made_up_row(
        requests=995,
        failed=5,
        failures=(UnwantedAnswers(kind="502", count=2), UnwantedAnswers(kind="timeout", count=3)),
    )

    assert "nginx-uwsgi failed 5 requests, 0.50%: timeout 3, 502 2" in _text(row)


def test_a_generator_that_was_the_limit_is_named_with_its_rounds() -> None:
    text = _text()

    assert "granian: wrk had no CPU left in 3 of 3 rounds, the server could do more" in text
    assert "wrk had CPU left in all rounds: the servers were the limit" in text


def test_the_slots_that_were_found_are_said_with_what_one_more_request_takes() -> None:
    assert "nginx-uwsgi answers 8 requests at once; 9 at once take 2.02 s" in _text()


def test_what_was_left_out_has_its_reason_and_every_caveat_is_shown() -> None:
    text = _text()

    assert "passenger: not installed: apt install libapache2-mod-passenger" in text
    assert "the client ran on the same machine" in text
    assert "AMD EPYC 7763, 2 CPU cores" in text
    assert "nginx 1.31.3, uwsgi 2.0.30" in text


def test_a_report_that_was_interrupted_says_so_and_an_empty_one_too() -> None:
    assert "interrupted: only a part was measured" in _text(interrupted=True)
    assert "nothing was measured" in _text(rows=())


def test_escape_sequences_in_an_address_are_spelled_out() -> None:
    assert "\x1b" not in _text(made_up_row(address="/\x1b[31m"))
