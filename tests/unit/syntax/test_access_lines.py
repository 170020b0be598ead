"""One line of the front's log of requests means one request, in both formats; nothing else does."""

from __future__ import annotations

import json
from typing import Protocol

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enuf.syntax.access_log import LONGEST_PATH, bounded_path, parse_access_line

ID = "0123456789abcdef0123456789abcdef"


def text(
    *,
    app: str = "0.500",
    passed: str = "1000.000",
    taken: str = "1000200000",
    request: str = "GET /a?b=c HTTP/1.1",
) -> str:
    return (
        f'127.0.0.1 [2026-03-01T10:00:05+00:00] "{request}" 200 30 time=0.700 connect=0.000 header=0.4 app={app} '
        f'passed={passed} taken={taken} id={ID} host="a" ref="-" ua="c"'
    )


def as_json(
    *,
    app: str = "0.500",
    passed: str = "1000.000",
    taken: str = "1000200000",
    request: str = "GET /a?b=c HTTP/1.1",
) -> str:
    known = {
        "addr": "127.0.0.1",
        "time": "2026-03-01T10:00:05+00:00",
        "request": request,
        "status": 200,
        "bytes": 30,
        "seconds": 0.7,
    }
    return json.dumps(
        {
            **known,
            "connect": "0",
            "header": "0",
            "app": app,
            "passed": passed,
            "taken": taken,
            "id": ID,
            "host": "a",
        }
    )


class Write(Protocol):
    def __call__(self, *, taken: str = ...) -> str: ...


@pytest.mark.parametrize("write", [text, as_json])
def test_a_line_says_where_the_time_of_a_request_went(write: Write) -> None:
    found = parse_access_line(write())
    assert found is not None
    assert (found.status, found.bytes, found.id) == (200, 30, ID)
    assert (found.method, found.path) == ("GET", "/a")
    assert found.total_s == 0.7
    assert found.wait_s == pytest.approx(0.2)
    assert found.app_s == pytest.approx(0.3)


@pytest.mark.parametrize("write", [text, as_json])
@pytest.mark.parametrize("taken", ["-", "", "never", "0", "99999999999999999", "1, 2"])
def test_a_time_that_is_none_or_cannot_be_is_unknown_and_not_zero(write: Write, taken: str) -> None:
    found = parse_access_line(write(taken=taken))
    assert found is not None
    assert (found.wait_s, found.app_s) == (None, None)


def test_the_wait_is_never_more_than_what_the_app_was_waited_for() -> None:
    found = parse_access_line(text(taken="1009000000"))
    assert found is not None
    assert (found.wait_s, found.app_s) == (0.5, 0.0)


def test_a_request_that_the_app_was_not_asked_has_no_wait() -> None:
    found = parse_access_line(text(app="-", taken="-"))
    assert found is not None
    assert (found.upstream_s, found.wait_s) == (None, None)


def test_where_nginx_asked_twice_the_last_answer_counts() -> None:
    found = parse_access_line(text(app="0.001, 0.200 : 0.003", taken="-"))
    assert found is not None
    assert found.upstream_s == 0.003


def test_a_line_that_an_older_enuf_wrote_is_understood() -> None:
    found = parse_access_line(text().replace("passed=1000.000 taken=1000200000 ", ""))
    assert found is not None
    assert (found.total_s, found.wait_s) == (0.7, None)


@pytest.mark.parametrize(
    "line",
    [
        "", "{", "{}", "[]", "null", '{"addr": 1}', text()[:60], as_json()[:-20], "what is this", '127.0.0.1 [x] "y" 200',
        as_json().replace("200", "-1"), as_json().replace("200", "1e400"), "{" * 100_000,
    ],
)  # fmt: skip
def test_what_is_cut_or_foreign_is_no_request(line: str) -> None:
    assert parse_access_line(line) is None


@given(st.text())
def test_any_text_at_all_is_taken(line: str) -> None:
    parse_access_line(line)
    parse_access_line("{" + line)


def test_an_address_is_shown_without_its_query_on_one_line_and_not_too_long() -> None:
    assert bounded_path("/login?password=secret") == "/login"
    assert bounded_path("/a\n\x1b[2J") == "/a??[2J"
    assert len(bounded_path("/" + "a" * 100_000)) <= LONGEST_PATH + 3
