"""Totals are kept and gone on with as one value with the position that they were counted to."""

from __future__ import annotations

from pathlib import Path

import pytest

from enuf.inspect.log_tail import Position
from enuf.model.paths import StackPaths
from enuf.observe.live.front_counts import counts_of_front
from enuf.observe.live.totals import (
    BOUNDS_S,
    Checkpoint,
    Histogram,
    Totals,
    read_checkpoint,
    write_checkpoint,
)
from enuf.syntax.access_log import AccessRecord


def request(total_s: float, status: int = 200) -> AccessRecord:
    return AccessRecord(0.0, "", "GET / HTTP/1.1", status, 7, total_s, total_s, None, "")


def test_what_was_kept_is_gone_on_with(tmp_path: Path) -> None:
    totals = Totals()
    totals.add([request(0.02), request(3.0, 503)])
    write_checkpoint(tmp_path / "totals", Checkpoint(totals, (Position(7, 100),), "enuf/mark"))
    found = read_checkpoint(tmp_path / "totals")
    assert found == Checkpoint(totals, (Position(7, 100),), "enuf/mark")
    assert found is not None
    assert (found.totals.by_status, found.totals.bytes, found.totals.requests) == (
        {"200": 1, "503": 1},
        14,
        2,
    )
    assert (tmp_path / "totals").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"totals": 3}', '{"totals": {"duration": {"counts": [1]}}}', "x" * 2**21]
)
def test_what_cannot_be_gone_on_with_is_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "totals").write_text(text)
    assert read_checkpoint(tmp_path / "totals") is None
    assert read_checkpoint(tmp_path / "nowhere") is None


def test_a_value_on_a_bound_belongs_below_it() -> None:
    histogram = Histogram()
    for bound in BOUNDS_S:
        histogram.add(bound)
    histogram.add(BOUNDS_S[-1] * 2)
    assert histogram.counts == [1] * (len(BOUNDS_S) + 1)


def test_how_long_a_websocket_was_open_is_no_duration_of_a_request() -> None:
    totals = Totals()
    totals.add([request(0.02), request(3600.0, 101)])
    assert (totals.by_status, totals.duration.sum_s) == ({"200": 1, "101": 1}, 0.02)


def test_where_no_process_counts_the_answers_of_cache_and_limits_are_those_of_the_log(tmp_path: Path) -> None:
    paths = StackPaths(project="/p", home=str(tmp_path), runtime=str(tmp_path), logs=str(tmp_path))
    write_checkpoint(Path(paths.dashboard_totals), Checkpoint(Totals(by_cache={"HIT": 3}), (), "enuf/mark"))
    line = (
        '127.0.0.1 [2026-11-28T10:00:00+00:00] "GET /cache HTTP/1.1" 200 5 time=0.001 connect=- header=- app=- '
        'passed=1.0 taken=- id=a{marks} host="h" ref="-" ua="{client}"\n'
    )
    decided = (" cache=HIT limit=", " cache=MISS limit=", " cache= limit=requests")
    log = "".join(line.format(marks=marks, client="curl") for marks in ("", *decided))
    (tmp_path / "access.log").write_text(log + line.format(marks=decided[0], client="enuf/mark"))

    found = counts_of_front(paths)

    assert (found.by_cache, found.by_limit) == ({"HIT": 4, "MISS": 1}, {"requests": 1})


def test_nothing_is_counted_where_no_process_has_counted_before(tmp_path: Path) -> None:
    paths = StackPaths(project="/p", home=str(tmp_path), runtime=str(tmp_path), logs=str(tmp_path))
    assert counts_of_front(paths) == Totals()
