"""A request that nginx logged in either format is read back as it was."""

from __future__ import annotations

import datetime
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from enuf.syntax.access_log import JSON_FORMAT, TEXT_FORMAT, AccessRecord, parse_access_line, with_marks
from tests.support.examples import examples

VARIABLE = re.compile(rb"\$(\w+)")
UNSAFE_IN_TEXT = re.compile(rb'["\\\x00-\x1f\x7f-\xff]')
UNSAFE_IN_JSON = re.compile(rb'["\\\x00-\x1f]')
SHORT_IN_JSON = {b"\n": b"\\n", b"\r": b"\\r", b"\t": b"\\t", b"\b": b"\\b", b"\f": b"\\f"}

Values = dict[str, bytes | None]
"""nginx's variables; None is one without a value."""


def test_the_fields_of_the_features_that_are_on_are_read_and_cannot_be_forged() -> None:
    names = VARIABLE.findall("".join((*TEXT_FORMAT, *JSON_FORMAT)).encode())
    usual: Values = {name.decode(): b"1" for name in names}
    usual |= {"status": b"200", "enuf_request_id": b"7", "http_user_agent": b"x cache=HIT limit=requests"}
    marks: Values = {"enuf_kept": b"MISS", "enuf_limit": b"connections"}
    for form, write in ((TEXT_FORMAT, as_text), (JSON_FORMAT, as_json)):
        plain = parse_access_line(write(usual, form).decode())
        marked = parse_access_line(write(usual | marks, with_marks(form, cache=True, limit=True)).decode())
        assert plain and (plain.cache, plain.limit) == ("", "")
        assert marked and (marked.cache, marked.limit, marked.id) == ("MISS", "connections", "7")


def as_text(values: Values, lines: tuple[str, ...] = TEXT_FORMAT) -> bytes:
    """What nginx writes with `escape=default`."""

    def escaped(value: bytes | None) -> bytes:
        if value is None:
            return b"-"
        return UNSAFE_IN_TEXT.sub(lambda found: b"\\x%02X" % found[0][0], value)

    return VARIABLE.sub(lambda name: escaped(values[name[1].decode()]), "".join(lines).encode())


def as_json(values: Values, lines: tuple[str, ...] = JSON_FORMAT) -> bytes:
    """What nginx writes with `escape=json`."""

    def one(found: re.Match[bytes]) -> bytes:
        char = found[0]
        if char in b'"\\':
            return b"\\" + char
        return SHORT_IN_JSON.get(char, b"\\u%04X" % char[0])

    def escaped(value: bytes | None) -> bytes:
        return UNSAFE_IN_JSON.sub(one, value or b"")

    return VARIABLE.sub(lambda name: escaped(values[name[1].decode()]), "".join(lines).encode())


FROM_VISITORS = (
    st.none()
    | st.binary(max_size=40)
    | st.sampled_from([b'" 200 1 time=', b' id=00 host="', "한글".encode()])
)
MILLISECONDS = st.integers(0, 86_000_000)
TIMES = st.integers(946_684_800, 2**32).map(lambda at: datetime.datetime.fromtimestamp(at, datetime.UTC))


def seconds(milliseconds: int) -> bytes:
    return f"{milliseconds // 1000}.{milliseconds % 1000:03}".encode()


@st.composite
def logged(draw: st.DrawFn) -> tuple[Values, AccessRecord]:
    """A request as nginx's variables, and the record of it."""
    at, request = draw(TIMES), draw(FROM_VISITORS) or b"GET / HTTP/1.1"
    total_ms, tries = draw(MILLISECONDS), draw(st.lists(MILLISECONDS, max_size=3))
    request_id = draw(st.binary(min_size=16, max_size=16)).hex()
    is_measured, wait_ms = (
        bool(tries) and draw(st.booleans()),
        draw(st.integers(0, tries[-1] if tries else 0)),
    )
    passed_ms = draw(st.integers(0, 2**41))
    times = b" : ".join([b", ".join(map(seconds, tries[:2])), *map(seconds, tries[2:])]) if tries else None
    address, status = draw(st.sampled_from(["127.0.0.1", "::1", "unix:"])), draw(st.integers(100, 999))
    size = draw(st.integers(0, 2**40))
    values: Values = {
        "remote_addr": address.encode(),
        "time_iso8601": at.isoformat().encode(),
        "request": request,
        "status": str(status).encode(),
        "body_bytes_sent": str(size).encode(),
        "request_time": seconds(total_ms),
        "upstream_connect_time": times,
        "upstream_header_time": times,
        "upstream_response_time": times,
        "enuf_passed": seconds(passed_ms) if is_measured else None,
        "upstream_http_x_enuf_taken": b"%d" % ((passed_ms + wait_ms) * 1000)
        if is_measured
        else draw(FROM_VISITORS),
        "enuf_request_id": request_id.encode(),
        "host": draw(FROM_VISITORS),
        "http_referer": draw(FROM_VISITORS),
        "http_user_agent": draw(FROM_VISITORS),
    }
    record = AccessRecord(
        at=at.timestamp(),
        addr=address,
        request=request.decode("utf-8", "replace"),
        status=status,
        bytes=size,
        total_s=total_ms / 1000,
        upstream_s=tries[-1] / 1000 if tries else None,
        wait_s=wait_ms / 1000 if is_measured else None,
        id=request_id,
    )
    return values, record


@pytest.mark.parametrize("write", [as_text, as_json])
@settings(max_examples=examples(200), deadline=None)
@given(logged=logged())
def test_what_nginx_logs_is_read_back_as_it_was(write: object, logged: tuple[Values, AccessRecord]) -> None:
    values, record = logged
    assert callable(write)
    found = parse_access_line(write(values).decode("utf-8", "replace"))
    assert found is not None
    assert found.wait_s == (None if record.wait_s is None else pytest.approx(record.wait_s, abs=1e-3))
    assert (found.at, found.addr, found.request, found.status, found.bytes) == (
        record.at, record.addr, record.request, record.status, record.bytes,
    )  # fmt: skip
    assert (found.total_s, found.upstream_s, found.id) == (record.total_s, record.upstream_s, record.id)
