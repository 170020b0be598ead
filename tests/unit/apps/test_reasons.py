"""A difference is explained by a reason that fits it, and by no other."""

from __future__ import annotations

from pathlib import Path

import pytest
from scripts.apps.catalog import Ask
from scripts.apps.compare import compare
from scripts.apps.reasons import REASONS, explained
from scripts.apps.report import BEGIN, END, explaining_headings
from scripts.apps.visitor import Answer

PAGES = Path(__file__).parents[3] / "docs"
NUMBER = "0123456789abcdef" * 2


def reasons(ours: Answer, theirs: Answer, ask: Ask | None = None) -> list[str]:
    """The reason of each difference; empty text for none."""
    found = compare([ask or Ask(path="/")], [ours], [theirs], [theirs])
    return [explained(difference) for difference in found.differences]


def with_headers(body: bytes = b"page", **headers: str) -> Answer:
    return Answer("200 OK", tuple((name.replace("_", "-"), value) for name, value in headers.items()), body)


@pytest.mark.parametrize(
    ("ours", "theirs", "reason"),
    [
        (with_headers(server="nginx"), with_headers(server="gunicorn"), "server name"),
        (with_headers(server="the app's"), with_headers(server="gunicorn"), "server name"),
        (with_headers(), with_headers(server="gunicorn"), ""),
        (with_headers(server="nginx"), with_headers(server="own"), ""),
        (with_headers(x_request_id=NUMBER), with_headers(), "request id"),
        (with_headers(x_request_id=NUMBER), with_headers(x_request_id="the app's"), ""),
        (with_headers(x_frame_options="SAMEORIGIN"), with_headers(), "security headers"),
        (with_headers(x_frame_options="SAMEORIGIN"), with_headers(x_frame_options="DENY"), ""),
        (with_headers(), with_headers(content_security_policy="default-src 'self'"), ""),
        (with_headers(vary="Cookie, Accept-Encoding"), with_headers(vary="Cookie"), "compression"),
        (with_headers(vary="Accept-Encoding"), with_headers(vary="Cookie"), ""),
        (with_headers(vary="Accept-Encoding\nAccept-Encoding"), with_headers(vary="Accept-Encoding"), ""),
        (with_headers(transfer_encoding="chunked"), with_headers(), "framing"),
        (with_headers(b"pa", content_length="2"), with_headers(content_length="4"), ""),
        (Answer("500 Internal Server Error", (), b"page"), with_headers(), ""),
        (with_headers(b"other"), with_headers(), ""),
    ],
)  # fmt: skip
def test_one_difference_has_one_reason_or_none(ours: Answer, theirs: Answer, reason: str) -> None:
    assert reasons(ours, theirs)[:1] == [reason]


def test_only_a_strong_etag_explains_identity() -> None:
    strong, weak = '"1"', 'W/"1"'
    assert reasons(with_headers(etag=strong, content_encoding="identity"), with_headers(etag=strong)) == [
        "strong ETag"
    ]
    assert reasons(with_headers(etag=weak, content_encoding="identity"), with_headers(etag=weak)) == [""]


def test_a_path_above_the_root_is_refused_by_nginx() -> None:
    refused = Answer("400 Bad Request", (), b"nginx")
    climbing = Ask(path="/static/%2e%2e/%2e%2e/etc/passwd")
    assert set(reasons(refused, with_headers(), climbing)) == {"dot segments"}
    assert set(reasons(refused, with_headers(), Ask(path="/static/a..b"))) == {""}


def test_a_path_with_dots_is_another_path_to_the_app() -> None:
    other = Answer("404 NOT FOUND", (), b"no /b here")
    assert set(reasons(other, with_headers(), Ask(path="/static/../b"))) == {"dot segments"}
    assert set(reasons(other, with_headers(), Ask(path="/static/b"))) == {""}


def test_a_file_of_nginx_may_differ_in_what_is_said_about_it_and_never_in_its_bytes() -> None:
    ours = with_headers(accept_ranges="bytes", cache_control="no-cache", etag='"6b09c484-4"')
    apps = with_headers(etag='"1764.1-4-77"', content_disposition="inline; filename=a.css")
    assert set(reasons(ours, apps)) == {"file of nginx"}
    assert reasons(with_headers(b"PAGE", etag='"6b09c484-4"'), with_headers()) == ["file of nginx", ""]
    assert reasons(ours, Answer("404 NOT FOUND", ours.headers, b"page")) == [""]
    assert reasons(with_headers(cache_control="no-cache"), with_headers()) == [""]


def test_nginx_may_obey_a_range_that_the_app_does_not_know() -> None:
    part = Answer("206 Partial Content", (("ETag", '"6b09c484-4"'), ("Content-Range", "bytes 0-1/4")), b"pa")
    assert set(reasons(part, with_headers(), Ask(path="/", headers={"Range": "bytes=0-1"}))) == {
        "file of nginx"
    }


@pytest.mark.parametrize("language", ["en", "ko"])
def test_each_reason_has_its_heading_on_the_page_of_differences(language: str) -> None:
    page = (PAGES / language / "explain" / "differences.md").read_text(encoding="utf-8")
    headings = explaining_headings(page)
    assert len(headings) == len(REASONS) == len(set(headings))
    assert page.count(BEGIN) == page.count(END) == 1
    if language == "en":
        assert headings == [reason.heading for reason in REASONS]
