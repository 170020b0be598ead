"""Requests that are too large or that mean two things at once: refused by nginx, never seen by the app, never a 502."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.support.builds import BUILDS
from tests.support.stack import Response, Stack
from tests.support.wire import head, send, send_one, site

pytestmark = pytest.mark.native

COUNTING_APP = """
import os, pathlib
from flask import Flask, request
app = Flask(__name__)
SEEN = pathlib.Path(__file__).with_name("seen")

@app.route("/", defaults={"rest": ""}, methods=["GET", "POST", "PUT", "DELETE", "OPTIONS"])
@app.route("/<path:rest>", methods=["GET", "POST", "PUT", "DELETE", "OPTIONS"])
def index(rest):
    with SEEN.open("a") as seen:
        seen.write(f"{request.method} {request.full_path}\\n")
    return f"{len(request.get_data())} bytes"
"""


@pytest.fixture(scope="module", params=BUILDS)
def shop(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """An app that writes down what it sees, with room for bodies of 100 KB."""
    folder = tmp_path_factory.mktemp("refused") / "shop"
    with site(folder, request.param, '[serve]\nmax_body = "100k"\n', app=COUNTING_APP) as stack:
        yield stack


def seen_by_the_app(stack: Stack) -> list[str]:
    """The requests that reached it since it was last asked."""
    file = stack.project / "seen"
    lines = file.read_text().splitlines() if file.exists() else []
    file.unlink(missing_ok=True)
    return lines


def refused(stack: Stack, data: bytes) -> Response:
    """The one answer; what may come after it on the connection must not have reached the app."""
    seen_by_the_app(stack)
    found = send(stack, data)
    assert len(found) == 1, found
    assert seen_by_the_app(stack) == []
    return found[0]


SMUGGLED = b"GET /smuggled HTTP/1.1\r\nHost: shop.test\r\n\r\n"
CHUNKS = b"5\r\nhello\r\n0\r\n\r\n"


@pytest.mark.parametrize(
    ("lines", "body"),
    [
        (["Content-Length: 6", "Transfer-Encoding: chunked"], b"0\r\n\r\n"),
        (["Transfer-Encoding: chunked", "Content-Length: 6"], b"0\r\n\r\n"),
        (["Content-Length: 5", "Content-Length: 6"], b"hello"),
        (["Content-Length: 5", "Content-Length: 5"], b"hello"),
        (["Content-Length: 5, 5"], b"hello"),
        (["Content-Length: -5"], b"hello"),
        (["Content-Length: +5"], b"hello"),
        (["Content-Length: 0x5"], b"hello"),
        (["Content-Length: 99999999999999999999999"], b"hello"),
        (["Transfer-Encoding: xchunked"], CHUNKS),
        (["Transfer-Encoding: \x0bchunked"], CHUNKS),
        (["Transfer-Encoding: chunked, identity"], CHUNKS),
        (["Transfer-Encoding: gzip, chunked"], CHUNKS),
        (["Transfer-Encoding: chunked", "Transfer-Encoding: chunked"], CHUNKS),
        (["Transfer-Encoding: chunked"], b"zz\r\nhello\r\n0\r\n\r\n"),
        (["Transfer-Encoding: chunked"], b"ffffffffffffffffffff\r\nhello"),
        (["Transfer-Encoding: chunked"], b"5\r\nhelloXX0\r\n\r\n"),
    ],
)
def test_a_body_whose_length_could_be_read_in_two_ways_is_refused(
    shop: Stack, lines: list[str], body: bytes
) -> None:
    answer = refused(shop, head(*lines, method="POST", last=False) + body + SMUGGLED)
    assert answer.status in (400, 501)


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a/b\r\n\r\n",
        b"GET / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + CHUNKS,
        b"GET / HTTP/1.1\r\nHost : a\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nX: a\x00b\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nX: a\rb\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\n folded\r\n\r\n",
        b"GET / HTTP/2.0\r\nHost: a\r\n\r\n",
        b"GET / HTTP/9.9\r\nHost: a\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"get / HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GE'T / HTTP/1.1\r\nHost: a\r\n\r\n",
        b"CONNECT shop.test:80 HTTP/1.1\r\nHost: a\r\n\r\n",
        b"TRACE / HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /%00 HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /../x HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /%2e%2e%2fx HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET x HTTP/1.1\r\nHost: a\r\n\r\n",
    ],
)
def test_a_malformed_request_is_refused(shop: Stack, request_bytes: bytes) -> None:
    assert refused(shop, request_bytes).status in (400, 405, 505)


def test_a_request_of_http_0_9_is_refused(shop: Stack) -> None:
    seen_by_the_app(shop)
    assert b"400 Bad Request" in shop.raw(b"GET /\r\n")
    assert seen_by_the_app(shop) == []


def test_a_body_up_to_max_body_is_taken_and_a_larger_one_gets_413(shop: Stack) -> None:
    limit = 100 * 1024
    assert shop.request("POST", "/", b"x" * limit).text == f"{limit} bytes"
    seen_by_the_app(shop)
    assert shop.request("POST", "/", headers={"Content-Length": str(limit + 1)}).status == 413
    in_chunks = iter([b"x" * limit, b"x"])
    assert shop.request("POST", "/", in_chunks, encode_chunked=True).status == 413
    assert seen_by_the_app(shop) == []


@pytest.mark.parametrize(
    ("lines", "path", "statuses"),
    [
        (["Cookie: a=" + "c" * 33_000], "/", (400,)),
        (["Cookie: a=" + "c" * 1_000_000], "/", (400,)),
        (["X-A: " + "a" * 20_000, "X-B: " + "b" * 20_000], "/", (400,)),
        ([f"X-H{number}: {'v' * 1000}" for number in range(40)], "/", (400,)),
        ([f"X-H{number}: v" for number in range(5000)], "/", (400,)),
        ([], "/" + "u" * 33_000, (414,)),
        ([], "/?" + "u" * 1_000_000, (414,)),
        (["Cookie: a=" + "c" * 20_000], "/" + "u" * 20_000, (400,)),
    ],
)
def test_a_head_beyond_max_header_is_refused(
    shop: Stack, lines: list[str], path: str, statuses: tuple[int, ...]
) -> None:
    assert refused(shop, head(*lines, path=path)).status in statuses


def test_just_below_the_limit_no_request_is_too_large_for_the_app_server(shop: Stack) -> None:
    """Whatever fills the head, nginx must refuse it before the packet to uWSGI is too large: no 500, no 502."""
    for size in range(31_500, 32_800, 50):
        half = size // 2
        for lines, path in (
            ([], "/" + "p" * size),
            ([], "/?" + "q" * size),
            (["Cookie: " + "c" * half], "/?" + "q" * half),
            (["Cookie: " + "c" * size], "/"),
        ):
            answer = send_one(shop, head(*lines, path=path, host=f"{'h' * 60}.test"))
            assert answer.status in (200, 400, 414), (size, path[:9], lines)


def test_the_app_was_never_reached_by_a_smuggled_request(shop: Stack) -> None:
    log = shop.log("access.log")
    assert "/smuggled" not in log
    assert not re.search(r'" 50[0-9] ', re.sub(r'" 501 ', "", re.sub(r'" 505 ', "", log)))
