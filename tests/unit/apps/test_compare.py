"""Answers of enuf beside two of gunicorn."""

from __future__ import annotations

import gzip

import pytest
from scripts.apps.catalog import Ask
from scripts.apps.compare import compare
from scripts.apps.visitor import Answer


def answer(body: str = "page", status: str = "200 OK", **headers: str) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status, tuple(named.items()), body.encode())


def parts(ours: Answer, before: Answer, after: Answer | None = None, ask: Ask | None = None) -> list[str]:
    found = compare([ask or Ask(path="/")], [ours], [before], [after or before])
    return [difference.part for difference in found.differences]


def test_equal_answers_have_no_difference() -> None:
    assert parts(answer(a="b"), answer(a="b")) == []


@pytest.mark.parametrize(
    ("ours", "differs"),
    [
        (answer(status="404 NOT FOUND"), ["status"]),
        (answer("other"), ["body"]),
        (answer(x="1"), ["x"]),
        (answer("", status="500 X", x="1"), ["status", "x", "body"]),
    ],
)
def test_each_part_that_differs_is_named(ours: Answer, differs: list[str]) -> None:
    assert parts(ours, answer()) == differs


def test_a_header_that_enuf_lacks_is_a_difference() -> None:
    assert parts(answer(), answer(etag='"1"')) == ["etag"]


def test_the_names_of_headers_have_no_case() -> None:
    assert parts(answer(ETag='"1"'), answer(etag='"1"')) == []


def test_what_varies_at_gunicorn_is_counted_and_not_compared() -> None:
    asks = [Ask(path="/")]
    found = compare(asks, [answer(date="12:02")], [answer(date="12:01")], [answer(date="12:03")])
    assert (found.requests, found.varying, found.differences) == (1, 1, [])


def test_compression_is_undone_before_bodies_are_compared() -> None:
    packed = Answer("200 OK", (("Content-Encoding", "gzip"),), gzip.compress(b"page"))
    assert parts(packed, answer()) == ["content-encoding"]
    broken = Answer("200 OK", (("Content-Encoding", "gzip"),), b"page")
    assert parts(broken, answer()) == ["content-encoding", "body"]


def test_the_length_of_a_body_that_varies_is_that_of_the_body_itself() -> None:
    first, second = answer("id 1", content_length="4"), answer("id 22", content_length="5")
    assert parts(answer("id 333", content_length="6"), first, second) == []
    assert parts(answer("id 333", content_length="5"), first, second) == ["content-length"]


def test_no_answer_at_all_is_a_difference() -> None:
    assert parts(Answer("no answer: RemoteDisconnected"), answer()) == ["status", "body"]


def test_a_status_that_gunicorn_does_not_repeat_is_a_difference_and_nothing_to_ignore() -> None:
    assert parts(answer(), Answer("no answer: RemoteDisconnected"), answer()) == ["status"]
