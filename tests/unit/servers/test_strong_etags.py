"""The mark that keeps a front from compressing an answer with a strong ETag."""

from __future__ import annotations

import pytest

from enuf.wrapper.headers import with_strong_etag

STRONG = ("ETag", '"v1"')
MARK = ("Content-Encoding", "identity")


def test_an_answer_with_a_strong_etag_is_marked() -> None:
    assert with_strong_etag([("X-A", "1"), STRONG]) == [("X-A", "1"), STRONG, MARK]


@pytest.mark.parametrize(
    "headers",
    [[], [("X-A", "1")], [("ETag", 'W/"v1"')], [("etag", "")], [STRONG, ("content-encoding", "gzip")]],
)
def test_an_answer_with_a_weak_one_with_none_or_with_a_coding_stays_as_it_is(
    headers: list[tuple[str, str]],
) -> None:
    assert with_strong_etag(headers) == headers
