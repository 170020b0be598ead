"""What `enuf bench` takes on the command line, and what comes of a report."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.support.bench_reports import made_up_report, made_up_row
from tests.support.command_line import Printed, enuf

from enuf.bench.fail_if import parse_condition
from enuf.bench.results import Report
from enuf.cli.bench_report import hand_over
from enuf.cli.verb import begin_run
from enuf.errors import INTERRUPTED

Enuf = Callable[..., Printed]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Enuf:
    """`enuf` in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return functools.partial(enuf, capsys)


def _write(name: str, report: Report) -> None:
    Path(name).write_bytes(msgspec.json.encode(report))


def _handed_over(report: Report, *conditions: str, json: bool = False, **places: Path) -> int:
    begin_run(["--json"] if json else [])
    parsed = tuple(map(parse_condition, conditions))
    wanted: dict[str, Any] = {"html": None, "plots": None, **places}
    return hand_over(report, conditions=parsed, **wanted)


def test_two_reports_are_compared_and_a_condition_about_the_first_one_decides_the_exit_status(
    run: Enuf,
) -> None:
    _write("a.json", made_up_report(made_up_row(p99_ms=5.0)))
    _write("b.json", made_up_report(made_up_row(p99_ms=9.0)))

    good = run("bench", "compare", "a.json", "b.json", "--fail-if", "p99_ms > 2 * before")
    bad = run("bench", "compare", "a.json", "b.json", "--fail-if", "p99_ms > 1.5 * before")

    assert (good.code, bad.code) == (0, 1)
    assert "worse" in good.out
    assert "measured p99_ms of nginx-uwsgi/hello /: 9.0 ms" in bad.err


@pytest.mark.parametrize(
    "words", [("bench", "compare", "a.json", "a.json", "--json"), ("bench", "--json", "compare", "a.json", "a.json"),
              ("--json", "bench", "compare", "a.json", "a.json")]
)  # fmt: skip
def test_a_comparison_is_one_document_wherever_the_flag_stands(run: Enuf, words: tuple[str, ...]) -> None:
    _write("a.json", made_up_report(made_up_row()))

    done = run(*words)

    assert done.code == 0
    changes = done.json["rows"][0]["changes"]
    assert {each["verdict"] for each in changes} == {"within the spread"}
    assert (done.json["schema"], done.json["missed"], done.json["doubts"]) == (1, [], [])


def test_a_file_that_is_no_report_is_refused_as_a_wrong_word(run: Enuf) -> None:
    _write("a.json", made_up_report())
    Path("b.json").write_text('{"schema": 1, "findings": []}')

    refused = run("bench", "compare", "a.json", "b.json")

    assert refused.code == 2
    assert "b.json is no report of enuf bench, but of enuf doctor" in refused.err


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("--fail-if", "p99_ms >> 3"), "--fail-if 'p99_ms >> 3', character 9: here must stand a number"),
        (("--fail-if", "nginx-uwgsi.rps < 3"), "there is no topology nginx-uwgsi; did you mean nginx-uwsgi?"),
        (("--fail-if", "rps < before"), "`before` is for enuf bench compare"),
        (("--html", "missing/bench.html"), "there is no folder"),
        (("advise", "--rate", "5"), "Missing option '--p95'"),
        (("advise", "--rate", "5", "--p95", "9"), "needs 20 requests: name a longer --duration, at least 4.0s"),
        (("advise", "--rate", "5", "--p95", "10", "--url", "articles"), "articles: a path begins with /"),
    ],
)  # fmt: skip
def test_wrong_words_are_refused_before_anything_is_measured(
    run: Enuf, words: tuple[str, ...], reason: str
) -> None:
    refused = run("bench", *words)

    assert refused.code == 2
    assert reason in refused.err


def test_the_help_of_each_word_is_its_own(run: Enuf) -> None:
    assert "BEFORE.json AFTER.json" in run("bench", "compare", "--help").out
    assert "--p95 MS" in run("bench", "advise", "--help").out
    assert "enuf bench compare" in run("bench", "--help").out


def test_a_report_becomes_a_table_a_page_and_plots(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MPLCONFIGDIR", str(tmp_path / "matplotlib"))

    code = _handed_over(made_up_report(), html=tmp_path / "bench.html", plots=tmp_path / "plots")

    said = capsys.readouterr().out
    assert code == 0
    assert "nginx-uwsgi loses to granian" in said
    assert "<svg" in (tmp_path / "bench.html").read_text("utf-8")
    assert f"plots: {len(list((tmp_path / 'plots').iterdir()))} files in {tmp_path / 'plots'}" in said


def test_the_document_can_be_compared_later_and_names_what_was_missed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    from enuf.bench.stored import decoded_report

    code = _handed_over(made_up_report(), "/hello.failed > 0", json=True)

    out = capsys.readouterr().out
    assert code == 1
    assert decoded_report(out.encode(), "stdout") == made_up_report()
    assert "flask" in msgspec.json.decode(out)["missed"][0]


def test_an_interrupted_report_is_shown_and_ends_as_an_interrupt(capsys: pytest.CaptureFixture[str]) -> None:
    assert _handed_over(made_up_report(interrupted=True), "failed > 0") == INTERRUPTED
    assert "interrupted: only a part was measured" in capsys.readouterr().out
