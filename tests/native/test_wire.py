"""What a client and the app see of each other through nginx and uWSGI; wsgiref.validate checks every request."""

from __future__ import annotations

import hashlib
import http.client
import json
import re
import socket
from collections.abc import Iterator
from contextlib import closing

import pytest

from tests.support.builds import BUILDS
from tests.support.stack import Stack, until
from tests.support.wire import environ, head, send, send_one, site

pytestmark = pytest.mark.native

BODY = bytes(range(256)) * 800
REQUEST_ID = re.compile(r"[0-9a-f]{32}")
SECURITY = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "SAMEORIGIN",
    "Referrer-Policy": "strict-origin-when-cross-origin",
}


@pytest.fixture(scope="module", params=BUILDS)
def shop(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The app on one of the builds."""
    with site(tmp_path_factory.mktemp("wire") / "shop", request.param) as stack:
        yield stack


def chunked(body: bytes, size: int = 4096) -> bytes:
    """The body in chunks of that size."""
    parts = [body[start : start + size] for start in range(0, len(body), size)]
    return b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"


def test_a_get_reaches_the_app_as_wsgi_wants_it(shop: Stack) -> None:
    found = environ(shop, path="/echo?a=1&b=%20", host=f"shop.test:{shop.port}")
    expected = {
        "REQUEST_METHOD": "GET", "SCRIPT_NAME": "", "PATH_INFO": "/echo", "QUERY_STRING": "a=1&b=%20",
        "REQUEST_URI": "/echo?a=1&b=%20", "SERVER_PROTOCOL": "HTTP/1.1", "SERVER_NAME": "localhost",
        "SERVER_PORT": str(shop.port), "HTTP_HOST": f"shop.test:{shop.port}", "REMOTE_ADDR": "127.0.0.1",
        "CONTENT_LENGTH": "", "CONTENT_TYPE": "",
    }  # fmt: skip
    assert {name: found.get(name) for name in expected} == expected
    assert "HTTPS" not in found


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("size", [0, 1, 5000, 200_000])
def test_a_body_of_any_size_arrives_whole(shop: Stack, method: str, size: int) -> None:
    answer = shop.request(method, "/echo", BODY[:size], {"Content-Type": "application/x-test"})
    assert answer.json["length"] == size
    assert answer.json["digest"] == hashlib.sha256(BODY[:size]).hexdigest()
    assert answer.json["environ"]["CONTENT_TYPE"] == "application/x-test"
    assert answer.json["environ"]["REQUEST_METHOD"] == method


@pytest.mark.parametrize("size", [0, 5, 200_000])
def test_a_chunked_body_arrives_whole_and_with_its_length(shop: Stack, size: int) -> None:
    answer = send_one(
        shop, head("Transfer-Encoding: chunked", method="POST", path="/echo") + chunked(BODY[:size])
    )
    assert answer.json["length"] == size
    assert answer.json["digest"] == hashlib.sha256(BODY[:size]).hexdigest()
    assert answer.json["environ"]["CONTENT_LENGTH"] == str(size)


def test_what_wsgi_has_under_another_name_is_not_there_twice(shop: Stack) -> None:
    answer = shop.request("POST", "/echo", b"{}", {"Content-Type": "application/json"})
    assert not {"HTTP_CONTENT_LENGTH", "HTTP_CONTENT_TYPE"} & set(answer.json["environ"])


def test_a_client_that_waits_for_100_continue_gets_it(shop: Stack) -> None:
    with closing(socket.create_connection(("127.0.0.1", shop.port), timeout=60)) as connection:
        connection.sendall(head("Expect: 100-continue", "Content-Length: 5", method="POST", path="/echo"))
        assert connection.recv(1000) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(b"hello")
        assert connection.recv(1000).startswith(b"HTTP/1.1 200 OK\r\n")


def test_head_has_the_headers_of_get_and_no_body(shop: Stack) -> None:
    with_body, without = shop.get("/page"), shop.request("HEAD", "/page")
    assert (without.status, without.body) == (200, b"")
    same = ("Content-Length", "Content-Type", "ETag", "Last-Modified")
    assert [without.headers[name] for name in same] == [with_body.headers[name] for name in same]


@pytest.mark.parametrize(
    "condition", ['If-None-Match: "v1"', "If-Modified-Since: Tue, 14 Nov 2023 22:13:20 GMT"]
)
def test_a_conditional_request_is_answered_304_by_the_app(shop: Stack, condition: str) -> None:
    answer = send_one(shop, head(condition, path="/page"))
    assert (answer.status, answer.body, answer.headers["ETag"]) == (304, b"", '"v1"')


@pytest.mark.parametrize(
    ("asked", "path_info"),
    [
        ("/echo/%ED%95%9C%EA%B8%80", "/echo/한글".encode()),
        ("/echo/한글".encode().decode("latin-1"), "/echo/한글".encode()),
        ("/echo/%ff", b"/echo/\xff"),
        ("/echo/a%2Fb", b"/echo/a/b"),
        ("/echo/a//b", b"/echo/a//b"),
        ("/echo/a/../b/./c", b"/echo/b/c"),
        ("/echo/a%20b+c", b"/echo/a b+c"),
        ("/echo/a%3Fb%23c%25", b"/echo/a?b#c%"),
        ("/echo/%2e%2e/echo/x", b"/echo/x"),
    ],
)
def test_a_path_reaches_the_app_decoded_and_request_uri_as_it_was_sent(
    shop: Stack, asked: str, path_info: bytes
) -> None:
    found = environ(shop, path=asked)
    assert found["PATH_INFO"].encode("latin-1") == path_info
    assert found["REQUEST_URI"] == asked


def test_a_double_slash_at_the_start_stays_a_path_and_never_becomes_a_host(shop: Stack) -> None:
    found = environ(shop, path="//echo")
    assert (found["PATH_INFO"], found["REQUEST_URI"], found["HTTP_HOST"]) == ("//echo", "//echo", "shop.test")
    merged = send_one(shop, head(path="//echo//x"))
    assert (merged.status, merged.headers["Location"]) == (308, "http://shop.test/echo/x")


def test_a_line_break_in_a_path_is_passed_on_as_part_of_it(shop: Stack) -> None:
    assert send_one(shop, head(path="/echo%0d%0aX-Evil:%20yes")).status == 404
    assert "X-Evil" not in send_one(shop, head(path="/echo%0d%0aX-Evil:%20yes")).headers


def test_an_early_answer_to_an_unread_body_arrives(shop: Stack) -> None:
    for _ in range(6):  # it was a race: three of six were 502 without post-buffering (F155)
        answer = shop.request("POST", "/unread", b"x" * 1_000_000)
        assert (answer.status, answer.text) == (401, "who are you?")


@pytest.mark.parametrize(
    "lines",
    [
        ["Cookie: a=" + "c" * 5_000],
        ["Cookie: a=" + "c" * 20_000],
        ["Cookie: a=" + "c" * 31_000],
        [f"X-H{number}: {'v' * 1000}" for number in range(7)],
        [f"X-H{number}: v" for number in range(200)],
        [f"X-H{number}: v" for number in range(900)],
    ],
    ids=["5k cookie", "20k cookie", "31k cookie", "7 x 1k", "200 headers", "900 headers"],
)
def test_large_headers_reach_the_app(shop: Stack, lines: list[str]) -> None:
    found = environ(shop, *lines)
    for line in lines:
        name, _, value = line.partition(": ")
        assert found["HTTP_" + name.upper().replace("-", "_")] == value


@pytest.mark.parametrize("size", [7_000, 20_000, 31_000, 31 * 1024])
def test_a_long_address_reaches_the_app(shop: Stack, size: int) -> None:
    path = "/echo/" + "p" * (size - 6)
    assert environ(shop, path=path)["PATH_INFO"] == path
    assert environ(shop, path=f"/echo?{'q' * (size - 6)}")["QUERY_STRING"] == "q" * (size - 6)


def test_a_large_cookie_from_the_app_reaches_the_client(shop: Stack) -> None:
    assert len(shop.get("/big-cookie/16000").headers["Set-Cookie"]) == 16_004


def test_external_addresses_have_the_host_and_the_port_that_the_client_wrote(shop: Stack) -> None:
    for host in (f"shop.test:{shop.port}", "shop.test", "SHOP.test:8443", "[::1]:8000", "127.0.0.1:81"):
        answer = send_one(shop, head(path="/echo", host=host)).json
        assert answer["external"] == f"http://{host.lower()}/page"
        assert answer["environ"]["HTTP_X_FORWARDED_HOST"] == host.lower()


def test_redirects_of_the_app_name_no_other_host(shop: Stack) -> None:
    answer = send_one(shop, head(path="/elsewhere", host=f"shop.test:{shop.port}"))
    assert (answer.status, answer.headers["Location"]) == (302, "/page")


def test_of_an_absolute_target_the_app_sees_host_and_path(shop: Stack) -> None:
    request = "GET http://{}/echo?x HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n"
    same = send_one(shop, request.format("shop.test:81", "shop.test:81").encode()).json["environ"]
    assert (same["HTTP_HOST"], same["PATH_INFO"], same["QUERY_STRING"]) == ("shop.test:81", "/echo", "x")
    other = send_one(shop, request.format("target.test", "header.test:81").encode()).json["environ"]
    assert (
        other["HTTP_HOST"] == "target.test"
    )  # the target wins, and a port that belongs to another name is not its


def test_a_request_without_host_gets_the_servers_name_and_port(shop: Stack) -> None:
    answer = send_one(shop, b"GET /echo HTTP/1.0\r\n\r\n").json
    assert answer["external"] == f"http://localhost:{shop.port}/page"
    assert "HTTP_HOST" not in answer["environ"]
    assert answer["environ"]["SERVER_PROTOCOL"] == "HTTP/1.0"


SPOOFED = [
    "X-Forwarded-Proto: https", "X-Forwarded-For: 6.6.6.6", "X-Real-Ip: 6.6.6.6", "X-Forwarded-Host: evil.test",
    "X-Forwarded-Ssl: on", "X-Forwarded-Scheme: https", "X-Forwarded-Port: 443", "X-Forwarded-Prefix: /evil",
    "X-Scheme: https", "X-Script-Name: /evil", "Forwarded: for=6.6.6.6;proto=https", "Proxy: http://evil.test",
    "X-Request-ID: " + "e" * 32,
]  # fmt: skip


def test_headers_that_only_a_proxy_may_send_are_replaced_or_dropped(shop: Stack) -> None:
    answer = send_one(shop, head(*SPOOFED, path="/echo")).json
    found = answer["environ"]
    assert not [
        value for value in found.values() if "6.6.6.6" in value or "evil" in value or "e" * 32 in value
    ]
    assert answer["scheme"] == found["HTTP_X_FORWARDED_PROTO"] == found["REQUEST_SCHEME"] == "http"
    assert found["HTTP_X_FORWARDED_FOR"] == found["HTTP_X_REAL_IP"] == found["REMOTE_ADDR"] == "127.0.0.1"
    kept = {"HTTP_X_FORWARDED_PROTO", "HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_HOST", "HTTP_X_REAL_IP"}
    forwarded = {name for name in found if name.startswith(("HTTP_X_", "HTTP_FORWARDED", "HTTP_PROXY"))}
    assert forwarded == kept | {"HTTP_X_REQUEST_ID", "HTTP_X_REQUEST_START"}


@pytest.mark.parametrize("scheme", ["javascript", "https, http", "https\t", "HTTPS"])
def test_no_header_changes_the_scheme(shop: Stack, scheme: str) -> None:
    answer = send_one(shop, head(f"X-Forwarded-Proto: {scheme}", "X-Forwarded-Ssl: on", path="/echo")).json
    assert (answer["scheme"], answer["external"]) == ("http", "http://shop.test/page")


def test_headers_with_underscores_do_not_pass_for_those_with_hyphens(shop: Stack) -> None:
    found = environ(shop, "X_Real_Ip: 6.6.6.6", "X_Forwarded_Proto: https", "Content_Length: 5", "X_Own: 1")
    assert "6.6.6.6" not in found.values()
    assert (found["HTTP_X_FORWARDED_PROTO"], found["CONTENT_LENGTH"]) == ("http", "")
    assert "HTTP_X_OWN" not in found


def test_uwsgis_own_variables_cannot_be_sent_as_headers(shop: Stack) -> None:
    found = environ(shop, "Uwsgi-File: /etc/passwd", "Script-Name: /x", "Request-Uri: /x", "Https: on")
    assert (found["SCRIPT_NAME"], found["REQUEST_URI"]) == ("", "/echo")
    assert not {"UWSGI_FILE", "HTTPS"} & set(found)


def test_every_answer_has_the_id_that_the_app_saw(shop: Stack) -> None:
    answers = [shop.get("/echo") for _ in range(3)]
    seen = [answer.json["environ"]["HTTP_X_REQUEST_ID"] for answer in answers]
    assert [answer.headers["X-Request-ID"] for answer in answers] == seen
    assert len(set(seen)) == 3
    assert all(REQUEST_ID.fullmatch(each) for each in seen)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/static/site.css", 200), ("GET", "/static/none", 404), ("POST", "/static/site.css", 405),
        ("GET", "/static/.git/config", 404), ("GET", "/nowhere", 404), ("GET", "/fail", 500), ("TRACE", "/", 405),
        ("GET", "/die", 502), ("GET", "/%zz", 400), ("GET", "/" + "u" * 40_000, 414), ("GET", "/../x", 400),
    ],
)  # fmt: skip
def test_static_files_and_errors_have_an_id_and_the_safe_headers(
    shop: Stack, method: str, path: str, status: int
) -> None:
    answer = send_one(shop, head(method=method, path=path))
    assert answer.status == status
    assert REQUEST_ID.fullmatch(answer.headers["X-Request-ID"])
    assert {name: answer.headers.get(name) for name in SECURITY} == SECURITY


def test_headers_that_the_app_sets_itself_are_neither_replaced_nor_doubled(shop: Stack) -> None:
    headers = send_one(shop, head(path="/own-headers")).headers
    own = ("X-Frame-Options", "X-Content-Type-Options", "Referrer-Policy")
    assert [headers[name] for name in own] == ["DENY", "of-the-app", "no-referrer"]
    assert REQUEST_ID.fullmatch(headers["X-Request-ID"])  # the one number that is in the logs


def test_the_versions_of_the_servers_are_not_told(shop: Stack) -> None:
    for path in ("/page", "/static/none"):
        answer = shop.get(path)
        assert answer.headers["Server"] == "nginx"
        assert b"nginx/" not in answer.body


def test_a_long_text_is_compressed_for_whoever_asks(shop: Stack) -> None:
    packed, plain = shop.get("/text/5000", Accept_Encoding="gzip"), shop.get("/text/5000")
    assert (packed.headers["Content-Encoding"], packed.headers["Vary"]) == ("gzip", "Accept-Encoding")
    assert len(packed.body) < 200
    assert (plain.headers.get("Content-Encoding"), len(plain.body)) == (None, 5000)
    assert "Content-Encoding" not in shop.get("/text/500", Accept_Encoding="gzip").headers


def test_an_answer_that_asks_not_to_be_buffered_is_streamed(shop: Stack) -> None:
    with closing(http.client.HTTPConnection("127.0.0.1", shop.port, timeout=60)) as connection:
        connection.request("GET", "/events")
        answer = connection.getresponse()
        assert answer.getheader("Content-Type") == "text/event-stream; charset=utf-8"
        assert answer.read1() == b"data: one\n\n"  # the app now waits until it is told to go on
        assert shop.get("/go-on").status == 200
        assert answer.read() == b"data: two\n\n"


def test_a_request_over_which_the_app_dies_gets_a_page_with_its_id(shop: Stack) -> None:
    answer = shop.get("/die")
    assert (answer.status, answer.headers["Content-Type"]) == (502, "text/html")
    assert f"Request <code>{answer.headers['X-Request-ID']}</code>" in answer.text
    until(lambda: shop.get("/page").status == 200, what="the next worker")


def test_the_apps_own_error_page_passes_through(shop: Stack) -> None:
    answer = shop.get("/fail")
    assert answer.status == 500
    assert "The server encountered an internal error" in answer.text


def test_cookies_of_a_session_come_and_go(shop: Stack) -> None:
    cookie, seen = "", []
    for _ in range(3):
        answer = shop.get("/visits", Cookie=cookie)
        cookie = answer.headers["Set-Cookie"].split(";")[0]
        seen.append(answer.text)
    assert seen == ["1", "2", "3"]


def test_one_connection_serves_many_requests(shop: Stack) -> None:
    with closing(http.client.HTTPConnection("127.0.0.1", shop.port, timeout=60)) as connection:
        connection.connect()
        ours = connection.sock.getsockname()[1]
        for path in ("/echo", "/static/site.css", "/nowhere", "/echo"):
            connection.request("GET", path)
            answer = connection.getresponse()
            body = answer.read()
        assert json.loads(body)["environ"]["REMOTE_PORT"] == str(ours)


def test_pipelined_requests_are_answered_in_their_order(shop: Stack) -> None:
    body = b"hello"
    found = send(
        shop,
        head(path="/page", last=False),
        head("Content-Length: 5", method="POST", path="/echo", last=False) + body,
        head(method="HEAD", path="/page", last=False),
        head("Transfer-Encoding: chunked", method="POST", path="/echo", last=False) + chunked(body),
        head(path="/static/site.css"),
    )
    assert [answer.status for answer in found] == [200] * 5
    assert found[0].text == "<h1>same</h1>"
    assert [found[1].json["length"], found[3].json["length"]] == [5, 5]
    assert found[4].text == "body { margin: 0 }\n"
