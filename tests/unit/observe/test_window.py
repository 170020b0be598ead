"""Percentiles and rates of the last seconds agree with the requests that they were made of."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enuf.observe.live.recent_answers import recent_answers
from enuf.observe.live.routes import RouteCounter
from enuf.observe.live.window import SMALLEST_S, LogHistogram, SlidingWindow, Tally
from enuf.syntax.access_log import AccessRecord

NOW = 1_772_359_205.0
LINE = (
    '127.0.0.1 [2026-03-01T10:00:05+00:00] "GET /x HTTP/1.1" {status} 3 time=0.001 connect=- header=- app={app} '
    'id=0 host="a" ref="-" ua="c"\n'
)


def request(total_s: float = 0.1, *, status: int = 200, wait_s: float | None = None) -> AccessRecord:
    return AccessRecord(0.0, "", "GET / HTTP/1.1", status, 10, total_s, total_s, wait_s, "")


@given(
    st.lists(st.floats(SMALLEST_S * 1.01, 3600), min_size=1, max_size=300),
    st.sampled_from([0.5, 0.95, 0.99, 1.0]),
)
def test_a_percentile_is_that_of_a_sorted_list_within_five_percent(values: list[float], share: float) -> None:
    steps = LogHistogram()
    for value in values:
        steps.add(value)
    exact = sorted(values)[math.ceil(share * len(values)) - 1]
    assert steps.percentile(share) == pytest.approx(exact, rel=0.05)


@given(st.lists(st.floats(0, 1e6), max_size=2000))
def test_memory_is_bounded_by_the_range_and_not_by_the_number_of_requests(values: list[float]) -> None:
    steps = LogHistogram()
    for value in values:
        steps.add(value)
    assert len(steps.counts) <= 300
    assert steps.total == len(values)


def test_no_requests_have_no_percentile() -> None:
    assert LogHistogram().percentile(0.5) is None


def test_a_window_is_the_sum_of_its_looks_and_forgets_the_old_ones() -> None:
    recent = SlidingWindow(lasts_s=10)
    for second in range(1, 31):
        tally = Tally(ended_at=float(second), seconds=1.0)
        tally.add([request(status=200)] * 3 + [request(status=503, wait_s=0.05)])
        recent.add(tally)
    window = recent.window()
    assert window is not None
    assert (window.seconds, window.requests) == (10.0, 40)
    assert window.by_status == {"200": 30, "503": 10}
    assert (window.rates.total, window.rates.s2xx, window.rates.s5xx) == (4.0, 3.0, 1.0)
    assert window.latency.p50_s == pytest.approx(0.1, rel=0.05)
    assert window.latency.wait_p95_s == pytest.approx(0.05, rel=0.05)
    assert window.bytes_per_s == 40.0


def test_a_status_outside_the_classes_counts_in_the_total_alone() -> None:
    tally = Tally(ended_at=1.0, seconds=1.0)
    tally.add([request(status=999)])
    assert (tally.rates.total, tally.rates.s5xx) == (1.0, 0.0)


def test_the_maintenance_page_of_a_closed_site_is_no_error(tmp_path: Path) -> None:
    closed = [AccessRecord(0.0, "", "GET / HTTP/1.1", 503, 10, 0.0, None, None, "")] * 5
    recent = SlidingWindow()
    tally = Tally(ended_at=1.0, seconds=1.0)
    tally.add([request(), request(status=503), *closed])
    recent.add(tally)
    window = recent.window()
    assert window is not None
    assert (window.requests, window.failed, window.closed, window.by_status["503"]) == (7, 1, 5, 6)
    routes = RouteCounter(0.0)
    routes.add([request(), *closed], 1.0)
    assert [tally.requests for tally in routes.tallies(1.0).values()] == [1]

    log = tmp_path / "access.log"
    log.write_text(LINE.format(status=200, app="0.001") + LINE.format(status=503, app="-") * 5)
    found = recent_answers(log, NOW)
    assert (found.total, found.failed) == (1, 0)


def test_a_websocket_counts_and_is_not_slow() -> None:
    tally = Tally()
    tally.add([request(0.1), request(3600.0, status=101)])
    assert (tally.by_status, tally.total.total) == ({200: 1, 101: 1}, 1)
