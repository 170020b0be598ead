"""What generators count: answers cut out of bytes, histograms, and the output of other programs."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.examples import examples

from enuf.bench.load.answers import AnswerReader, Broken, HttpAnswer
from enuf.bench.load.built_in import shares_of
from enuf.bench.load.h2load import read_h2load
from enuf.bench.load.spec import (
    LoadResult,
    LoadSpec,
    joined_results,
    milliseconds_of,
    percentile_ms,
    percentiles_of,
    step_of,
)
from enuf.bench.load.wrk import read_wrk

WHOLE = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"
WRK = """Running 1s test @ http://127.0.0.1:8000/
  2 threads and 16 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency     2.98ms    1.02ms  20.51ms   80.00%
    Req/Sec     2.68k   301.00     3.10k    65.00%
  Latency Distribution
     50%  900.00us
     75%    3.40ms
     90%    4.19ms
     99%    1.20s
  5403 requests in 1.01s, 1.02MB read
  Socket errors: connect 0, read 12, write 0, timeout 3
  Non-2xx or 3xx responses: 403
Requests/sec:   5349.50
"""
H2LOAD = """finished in 1.02s, 4901.96 req/s, 1.2MB/s
requests: 5010 total, 5010 started, 5003 done, 5000 succeeded, 3 failed, 0 errored, 2 timeout
status codes: 4990 2xx, 10 3xx, 1 4xx, 2 5xx
"""


@given(st.lists(st.integers(0, len(WHOLE)), max_size=6))
@settings(max_examples=examples(50))
def test_an_answer_is_whole_however_its_bytes_arrive(cuts: list[int]) -> None:
    reader = AnswerReader()
    places = sorted({0, *cuts, len(WHOLE)})
    found = [reader.add(WHOLE[begin:end]) for begin, end in itertools.pairwise(places)]
    assert found[:-1] == [None] * (len(found) - 1)
    assert found[-1] == HttpAnswer(200, b"hello", False)
    assert not reader.has_begun


def test_an_answer_in_chunks_is_whole_at_the_last_chunk() -> None:
    reader = AnswerReader()
    assert reader.add(CHUNKED[:-4]) is None
    answer = reader.add(CHUNKED[-4:])
    assert answer is not None
    assert (answer.status, answer.closes) == (200, False)


def test_an_answer_without_a_length_ends_with_its_connection() -> None:
    reader = AnswerReader()
    assert reader.add(b"HTTP/1.0 200 OK\r\n\r\nhel") is None
    assert reader.add(b"lo") is None
    assert reader.end() == HttpAnswer(200, b"hello", True)


@pytest.mark.parametrize("status", [b"204", b"304"])
def test_an_answer_that_has_no_body_is_whole_after_its_head(status: bytes) -> None:
    answer = AnswerReader().add(b"HTTP/1.1 " + status + b" X\r\n\r\n")
    assert answer == HttpAnswer(int(status), b"", False)


def test_the_server_says_that_it_closes_the_connection() -> None:
    answer = AnswerReader().add(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
    assert answer == HttpAnswer(200, b"", True)


def test_an_answer_that_ends_early_is_broken() -> None:
    reader = AnswerReader()
    reader.add(WHOLE[:-1])
    with pytest.raises(Broken, match="cut short"):
        reader.end()


def test_what_is_no_http_is_broken() -> None:
    with pytest.raises(Broken, match="no HTTP"):
        AnswerReader().add(b"SSH-2.0-OpenSSH\r\n\r\n")


@given(st.floats(2e-6, 3600))
@settings(max_examples=examples(100))
def test_a_step_of_the_histogram_is_exact_to_one_per_cent(latency_s: float) -> None:
    assert milliseconds_of(step_of(latency_s)) == pytest.approx(latency_s * 1000, rel=0.01)


@given(st.lists(st.floats(1e-5, 60), min_size=1, max_size=50))
@settings(max_examples=examples(100))
def test_percentiles_rise_and_end_at_the_slowest_request(latencies_s: list[float]) -> None:
    counts: dict[int, int] = {}
    for each in latencies_s:
        counts[step_of(each)] = counts.get(step_of(each), 0) + 1
    shown = [each.ms for each in percentiles_of(counts)]
    assert shown == sorted(shown)
    assert shown[-1] == pytest.approx(max(latencies_s) * 1000, rel=0.01, abs=0.001)


def test_nothing_has_no_percentile() -> None:
    assert percentile_ms({}, 99) is None
    assert percentiles_of({}) == ()


def test_processes_that_sent_at_the_same_time_are_added_up() -> None:
    one = LoadResult(requests=3, failures={"502": 1}, seconds=1.0, latencies={5: 3}, busiest_share=0.5)
    two = LoadResult(requests=4, failures={"502": 1, "timeout": 2}, seconds=1.1, latencies={5: 1, 6: 3})
    assert joined_results([one, two]) == LoadResult(
        requests=7,
        failures={"502": 2, "timeout": 2},
        seconds=1.1,
        latencies={5: 4, 6: 3},
        busiest_share=0.5,
    )


@given(st.integers(1, 500), st.floats(1, 1e5))
@settings(max_examples=examples(50))
def test_the_processes_share_all_connections_and_the_whole_rate(connections: int, rate: float) -> None:
    spec = LoadSpec(port=1, request=b"", duration_s=1, connections=connections, rate=rate)
    shares = shares_of(spec)
    assert sum(each.connections for each in shares) == connections
    assert min(each.connections for each in shares) >= 1
    assert sum(each.rate or 0 for each in shares) == pytest.approx(rate)


def test_a_number_of_requests_is_sent_by_one_process() -> None:
    assert len(shares_of(LoadSpec(port=1, request=b"", duration_s=1, connections=9, count=9))) == 1


def test_the_output_of_wrk_is_read() -> None:
    found = read_wrk(WRK)
    assert (found.requests, found.seconds, found.generator) == (5000, 1.01, "wrk")
    assert found.failures == {"timeout": 3, "status of an error": 403}
    assert {each.percent: each.ms for each in found.percentiles} == {50: 0.9, 75: 3.4, 90: 4.19, 99: 1200.0}


def test_the_output_of_h2load_is_read() -> None:
    found = read_h2load(H2LOAD)
    assert (found.requests, found.seconds, found.generator) == (5000, 1.02, "h2load")
    assert found.failures == {"4xx": 1, "5xx": 2, "timeout": 2}


@pytest.mark.parametrize("read", [read_wrk, read_h2load])
def test_what_counts_no_request_is_an_error(read: Callable[[str], LoadResult]) -> None:
    with pytest.raises(ValueError, match="no count of requests"):
        read("unable to connect to 127.0.0.1:1 Connection refused")
