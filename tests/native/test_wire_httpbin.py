"""A real Flask project from PyPI, httpbin, served unmodified: the same answers as without any server."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from werkzeug.test import Client

from tests.support.stack import Stack, stack_in

pytestmark = pytest.mark.native

SAME = [
    "/html", "/robots.txt", "/deny", "/json", "/xml", "/encoding/utf8", "/forms/post",
    "/status/418", "/status/204", "/status/301", "/status/401", "/status/503",
    "/redirect/2", "/relative-redirect/2", "/redirect-to?url=%2Fget&status_code=307",
    "/cookies", "/cookies/set?name=%ED%95%9C&b=2", "/cookies/set/a/1", "/cookies/delete?a=",
    "/bytes/1024?seed=7", "/stream-bytes/2000?seed=7&chunk_size=100", "/range/100", "/range/26?duration=0",
    "/base64/ZW51Zg==", "/cache", "/cache/60", "/etag/abc", "/response-headers?X-A=1&X-B=2&Set-Cookie=a%3D1",
    "/image/png", "/image/jpeg", "/image/svg", "/image/webp", "/links/3/1", "/gzip", "/deflate",
    "/basic-auth/me/secret", "/hidden-basic-auth/me/secret", "/bearer", "/anything/%E2%9C%93", "/get?a=1&a=2&b=%00",
    "/spec.json", "/headers", "/user-agent", "/ip", "/delay/0", "/nowhere", "/absolute-redirect/2",
]  # fmt: skip
CONDITIONS = [
    ("/cache", {"If-Modified-Since": "Sun, 22 Nov 2026 20:00:00 GMT"}),
    ("/etag/abc", {"If-None-Match": '"abc"'}),
    ("/etag/abc", {"If-Match": '"other"'}),
    ("/range/100", {"Range": "bytes=10-19"}),
    ("/range/100", {"Range": "bytes=90-"}),
    ("/range/100", {"Range": "bytes=-5"}),
    ("/basic-auth/me/secret", {"Authorization": "Basic bWU6c2VjcmV0"}),
    ("/bearer", {"Authorization": "Bearer token"}),
    ("/cookies", {"Cookie": "a=1; b=%ED%95%9C; c=\"q\""}),
    ("/image", {"Accept": "image/webp"}),
]  # fmt: skip
BODIES = [
    ("application/json", b'{"a": ["\xed\x95\x9c", 1.5, null]}'),
    ("application/x-www-form-urlencoded", b"a=1&a=2&b=%ED%95%9C+x"),
    ("text/plain; charset=utf-8", "한글".encode()),
    ("application/octet-stream", bytes(range(256)) * 500),
    ("multipart/form-data; boundary=XX",
     b'--XX\r\nContent-Disposition: form-data; name="f"; filename="a.txt"\r\n\r\nhello\r\n--XX--\r\n'),
]  # fmt: skip
ADDED_BY_THE_FRONT = {
    "Server", "Date", "Connection", "Transfer-Encoding", "X-Request-ID", "X-Content-Type-Options", "X-Frame-Options",
    "Referrer-Policy", "Vary",
}  # fmt: skip
ADDED_TO_THE_REQUEST = (
    "X-Forwarded-Proto",
    "X-Forwarded-For",
    "X-Forwarded-Host",
    "X-Real-Ip",
    "X-Request-Id",
    "Connection",
)
UNPACK: dict[str, Callable[[bytes], bytes]] = {"gzip": gzip.decompress, "deflate": zlib.decompress}


@pytest.fixture(scope="module")
def httpbin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """`enuf up httpbin:app` in an empty folder."""
    pytest.importorskip("httpbin")
    with stack_in(tmp_path_factory.mktemp("httpbin") / "bin") as stack:
        stack.up("httpbin:app")
        yield stack


@pytest.fixture(scope="module")
def alone() -> Client:
    """The same app, called directly."""
    return Client(pytest.importorskip("httpbin").app, use_cookies=False)


def compare(
    stack: Stack, alone: Client, method: str, path: str, headers: dict[str, str], body: bytes | None = None
) -> None:
    """Assert that both answer alike, apart from what a front adds."""
    headers = {
        "Accept-Encoding": "identity",
        "User-Agent": "test",
        "Host": f"127.0.0.1:{stack.port}",
        **headers,
    }
    served = stack.request(method, path, body, headers)
    direct = alone.open(
        path,
        method=method,
        base_url=stack.url,
        headers=headers,
        data=body,
        environ_overrides={"REMOTE_ADDR": "127.0.0.1"},
    )
    assert served.status == direct.status_code
    assert _comparable_headers(served.headers, path) == _comparable_headers(
        dict(direct.headers.to_wsgi_list()), path
    )
    assert _comparable_body(served.body, served.headers) == _comparable_body(
        direct.get_data(), served.headers
    )


def _comparable_headers(headers: dict[str, str], path: str) -> dict[str, str]:
    """Without what must differ: a clock, a random ETag, the length of a text in which the headers differ."""
    differing = {"Last-Modified", "ETag"} if path.startswith("/cache") else set()
    if headers.get("Content-Type") == "application/json":
        differing.add("Content-Length")
    if "Allow" in headers:
        headers = {**headers, "Allow": ",".join(sorted(headers["Allow"].split(", ")))}
    return {name: value for name, value in headers.items() if name not in ADDED_BY_THE_FRONT | differing}


def _comparable_body(body: bytes, headers: dict[str, str]) -> Any:
    """The body, unpacked; a JSON object in it without the headers that a front adds to a request."""
    body = UNPACK.get(headers.get("Content-Encoding", ""), bytes)(body)
    try:
        document = json.loads(body)
    except ValueError:
        return body
    if isinstance(document, dict) and "headers" in document:
        for name in ADDED_TO_THE_REQUEST:
            document["headers"].pop(name, None)
    return document


@pytest.mark.parametrize("path", SAME)
def test_a_get_is_answered_as_without_servers(httpbin: Stack, alone: Client, path: str) -> None:
    compare(httpbin, alone, "GET", path, {})


@pytest.mark.parametrize(("path", "headers"), CONDITIONS)
def test_conditions_ranges_and_credentials_pass_through(
    httpbin: Stack, alone: Client, path: str, headers: dict[str, str]
) -> None:
    compare(httpbin, alone, "GET", path, headers)


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize(("kind", "body"), BODIES, ids=["json", "form", "text", "bytes", "multipart"])
def test_bodies_of_every_kind_pass_through(
    httpbin: Stack, alone: Client, method: str, kind: str, body: bytes
) -> None:
    compare(httpbin, alone, method, f"/{method.lower()}", {"Content-Type": kind}, body)
    compare(httpbin, alone, method, "/anything/x", {"Content-Type": kind}, body)


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS"])
@pytest.mark.parametrize("path", ["/get", "/image/png", "/status/404", "/anything"])
def test_head_and_options_are_answered_as_without_servers(
    httpbin: Stack, alone: Client, method: str, path: str
) -> None:
    compare(httpbin, alone, method, path, {})


def test_a_stream_of_json_lines_arrives_whole(httpbin: Stack) -> None:
    lines = httpbin.get("/stream/3").text.splitlines()
    assert [json.loads(line)["id"] for line in lines] == [0, 1, 2]


def test_a_slow_answer_arrives(httpbin: Stack) -> None:
    answer = httpbin.get("/drip?numbytes=5&duration=0.1&delay=0")
    assert (answer.status, answer.body) == (200, b"*****")
