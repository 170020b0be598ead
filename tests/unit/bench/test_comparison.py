"""What `enuf bench compare` says about two reports, and which documents it reads."""

from __future__ import annotations

import msgspec
import pytest
from msgspec.structs import replace
from tests.support.bench_reports import made_up_report, made_up_row

from enuf.bench.comparison import Change, compare_reports
from enuf.bench.results import Report, Version
from enuf.bench.stored import decoded_report
from enuf.bench.wrong import BenchUsage


def _change(before: Report, after: Report, name: str) -> Change:
    (row,) = compare_reports(before, after).rows
    return next(each for each in row.changes if each.figure.name == name)


def test_a_difference_that_is_smaller_than_the_spread_of_the_rounds_is_none() -> None:
    before, after = made_up_report(made_up_row(rps=1_000.0)), made_up_report(made_up_row(rps=1_020.0))

    assert _change(before, after, "rps").verdict == "within the spread"


@pytest.mark.parametrize(("rps", "p99_ms", "verdict"), [(1_500.0, 3.0, "better"), (500.0, 9.0, "worse")])
def test_a_difference_beyond_the_spread_is_better_or_worse_by_what_the_figure_means(
    rps: float, p99_ms: float, verdict: str
) -> None:
    before = made_up_report(made_up_row(rps=1_000.0, p99_ms=5.0))
    after = made_up_report(made_up_row(rps=rps, p99_ms=p99_ms))

    assert _change(before, after, "rps").verdict == verdict
    assert _change(before, after, "p99_ms").verdict == verdict
    assert _change(before, after, "rps").factor == rps / 1_000.0


def test_one_round_has_no_spread_so_nothing_is_claimed() -> None:
    row = made_up_row(rps=1_000.0)
    before = made_up_report(replace(row, rounds=row.rounds[:1]))
    after = made_up_report(replace(row, rps=2_000.0, rounds=row.rounds[:1]))

    assert _change(before, after, "rps").verdict == "spread unknown"


def test_new_failures_are_worse() -> None:
    before, after = made_up_report(made_up_row()), made_up_report(made_up_row(failed=30))

    assert _change(before, after, "failed").verdict == "worse"


def test_rows_that_one_report_lacks_are_named() -> None:
    before = made_up_report(made_up_row(), made_up_row("flask"))
    after = made_up_report(made_up_row(), made_up_row("granian"))

    compared = compare_reports(before, after)

    assert [row.topology for row in compared.rows] == ["nginx-uwsgi"]
    assert (compared.only_before, compared.only_after) == (("flask/hello /",), ("granian/hello /",))


def test_reports_of_the_same_machine_and_load_have_nothing_beside_the_code_that_differs() -> None:
    assert compare_reports(made_up_report(), made_up_report()).doubts == ()


def test_what_differs_beside_the_code_is_said() -> None:
    before = made_up_report()
    machine = replace(
        before.machine,
        cores=8,
        kernel="6.12",
        load_before=4.0,
        versions=(Version(name="nginx", version="1.22.1"),),
    )
    after = replace(
        before, machine=machine, load=replace(before.load, connections=64), app="other:app", interrupted=True,
        rows=tuple(replace(row, generator="built-in") for row in before.rows),
    )  # fmt: skip

    said = "\n".join(compare_reports(before, after).doubts)

    for part in (
        "8 cores", "6.12", "load 0.1 and 4.0", "the versions of nginx differ: 1.31.3 and 1.22.1", "connections at once: 16 and 64",
        "the apps differ", "was interrupted", "the programs that sent the requests differ",
    ):  # fmt: skip
        assert part in said


def test_a_report_is_read_back_as_it_was_written() -> None:
    report = made_up_report()

    assert decoded_report(msgspec.json.encode(report), "a.json") == report


def test_fields_that_a_newer_version_has_added_are_ignored() -> None:
    document = {**msgspec.to_builtins(made_up_report()), "colour": "blue"}

    assert decoded_report(msgspec.json.encode(document), "a.json") == made_up_report()


def test_a_report_with_only_the_keys_that_the_first_version_promised_is_read() -> None:
    content = b"""{"schema": 1, "app": "app.py",
        "machine": {"cpu": "x", "cores": 2, "memory_mb": 1, "kernel": "6", "python": "3.11", "load_before": 0},
        "load": {"processes": 2, "threads": 2, "connections": 16, "round_s": 5, "rounds": 1},
        "rows": [{"topology": "nginx-uwsgi", "scenario": "hello", "requests": 12000, "failed": 0, "rps": 5200.0}],
        "limit": {"app_cpu_us": 130.0}}"""

    assert decoded_report(content, "a.json").rows[0].rps == 5200.0


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "the file a.json is empty"),
        (b"<!doctype html><html></html>", "a.json is no JSON document"),
        (b"\xff\xfe", "a.json is no JSON document"),
        (b"[1, 2]", "a.json is no report of enuf bench"),
        (b'{"schema": 1, "findings": []}', "a.json is no report of enuf bench, but of enuf doctor"),
        (b'{"schema": 1, "error": {"slug": "bug"}}', "a.json holds the error of a command and no report"),
        (
            b'{"schema": 9, "machine": 1, "rows": 1, "load": 1}',
            "a.json has schema 9, and this version of enuf reads up to",
        ),
        (
            b'{"schema": 0, "machine": 1, "rows": 1, "load": 1}',
            "a.json has schema 0, and this version of enuf reads from",
        ),
        (b'{"machine": 1, "rows": 1, "load": 1}', "a.json has no schema"),
        (b'{"schema": 1, "machine": 1, "rows": [], "load": {}}', "a.json is no whole report of enuf bench: "),
    ],
)
def test_every_other_document_is_refused_as_a_wrong_word_of_the_command_line(
    content: bytes, reason: str
) -> None:
    with pytest.raises(BenchUsage) as refused:
        decoded_report(content, "a.json")

    assert refused.value.summary.startswith(reason)
    assert refused.value.hint
    assert refused.value.exit_code == 2
