"""The PROXY protocol: who the visitor is, as a proxy in front says before the first byte of a request."""

from __future__ import annotations

import contextlib
import http.client
import ipaddress
import socket
import ssl
import struct
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.certificates import issue
from tests.support.stack import APP, Response, Stack, stack_in, until

pytestmark = pytest.mark.native

ROOT = issue(authority=True, called="Tests")
VISITOR, OTHER = "198.51.100.7", "203.0.113.9"
TRUSTED, STRANGER = "127.0.0.1", "127.0.0.2"
V2 = b"\r\n\r\n\0\r\nQUIT\n"


def version_1(visitor: str, port: int = 80) -> bytes:
    return f"PROXY TCP4 {visitor} 192.0.2.1 40000 {port}\r\n".encode()


def version_2(visitor: str, port: int = 80) -> bytes:
    addresses = ipaddress.ip_address(visitor).packed + ipaddress.ip_address("2001:db8::1").packed
    return V2 + struct.pack("!BBH", 0x21, 0x21, 36) + addresses + struct.pack("!HH", 40000, port)


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A site of plain HTTP with names and a cache."""
    with stack_in(tmp_path_factory.mktemp("proxied") / "shop") as stack:
        stack.write("app.py", APP)
        serve = f'[serve]\ntrusted_proxies = ["{TRUSTED}"]\nproxy_protocol = true\nhosts = ["shop.test"]\n'
        stack.write("enuf.toml", f'{serve}[cache.paths]\n"/pid" = "1m"\n[limits]\nconnections = 9\n')
        stack.up()
        yield stack


@pytest.fixture(scope="module")
def secure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Stack, int]]:
    """A site of HTTPS, and the port of plain HTTP that leads there."""
    folder = tmp_path_factory.mktemp("proxied")
    certificate, key = issue("localhost", by=ROOT).write(folder)
    with socket.socket() as probe:
        probe.bind((TRUSTED, 0))
        port = int(probe.getsockname()[1])
    with stack_in(folder / "shop") as stack:
        stack.write("app.py", APP)
        serve = f'[serve]\ntrusted_proxies = ["{TRUSTED}"]\nproxy_protocol = true\n'
        tls = f'[tls]\ncertificate = "{certificate}"\nkey = "{key}"\nhttp = "{TRUSTED}:{port}"\n'
        stack.write("enuf.toml", serve + tls)
        stack.up("--topology", "nginx-gunicorn")
        yield stack, port


def ask(
    port: int, before: bytes, path: str = "/echo", *, source: str = TRUSTED, tls: bool = False, **headers: Any
) -> Response:
    """The response to a request after these bytes."""
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    tcp = socket.create_connection(("127.0.0.1", port), timeout=60, source_address=(source, 0))
    with tcp, contextlib.closing(http.client.HTTPConnection("shop.test")) as connection:
        tcp.sendall(before)
        connection.sock = trusting().wrap_socket(tcp, server_hostname="localhost") if tls else tcp
        connection.request("GET", path, headers=sent)
        found = connection.getresponse()
        return Response(found.status, dict(found.getheaders()), found.read())


def trusting() -> ssl.SSLContext:
    return ssl.create_default_context(cadata=ROOT.root.decode())


def environ(answer: Response) -> dict[str, Any]:
    found: dict[str, Any] = answer.json["environ"]
    return found


@pytest.mark.parametrize(
    ("before", "visitor"),
    [
        (version_1(VISITOR), VISITOR),
        (version_2("2001:db8::7"), "2001:db8::7"),
        (version_2(f"::ffff:{VISITOR}"), VISITOR),
        (b"PROXY UNKNOWN\r\n", TRUSTED),
        (V2 + b"\x20\0\0\0", TRUSTED),  # LOCAL: a health check of the proxy itself
    ],
)
def test_the_visitor_is_the_one_that_a_trusted_proxy_names(plain: Stack, before: bytes, visitor: str) -> None:
    seen = environ(ask(plain.port, before, f"/echo?{visitor}"))
    assert (seen["REMOTE_ADDR"], seen["HTTP_X_FORWARDED_FOR"]) == (visitor, visitor)
    plain.until_logged(f'"GET /echo?{visitor} HTTP/1.1" 200')
    line = next(line for line in plain.log("access.log").splitlines() if f"/echo?{visitor} " in line)
    assert line.startswith(f"{visitor} [")


def test_what_a_visitor_writes_into_headers_is_not_believed(plain: Stack) -> None:
    told: dict[str, Any] = {
        "X_Forwarded_For": OTHER, "X_Real_IP": OTHER, "Forwarded": f"for={OTHER};host=evil.test",
        "X_Forwarded_Host": "evil.test", "X_Forwarded_Port": "1", "X_Forwarded_Prefix": "/evil", "X_Request_ID": "mine",
    }  # fmt: skip
    seen = environ(ask(plain.port, version_1(VISITOR), **told))
    assert OTHER not in str(seen) and "evil" not in str(seen) and seen["HTTP_X_REQUEST_ID"] != "mine", seen
    assert seen["REMOTE_ADDR"] == VISITOR


def test_whoever_is_no_trusted_proxy_names_nobody_else(plain: Stack) -> None:
    seen = environ(ask(plain.port, version_1(VISITOR, 443), source=STRANGER, X_Forwarded_Proto="https"))
    assert (seen["REMOTE_ADDR"], seen["wsgi.url_scheme"]) == (STRANGER, "http")


def test_the_scheme_is_that_of_the_visitors_port_or_of_the_header(plain: Stack) -> None:
    def scheme(port: int, **headers: Any) -> str:
        return str(environ(ask(plain.port, version_1(VISITOR, port), **headers))["wsgi.url_scheme"])

    assert [scheme(80), scheme(443)] == ["http", "https"]
    assert scheme(8443, X_Forwarded_Proto="https") == "https"
    assert scheme(443, X_Forwarded_Proto="http") == "http"


def test_a_cached_page_is_sent_to_other_visitors(plain: Stack) -> None:
    assert ask(plain.port, version_1(VISITOR), "/pid").text == ask(plain.port, version_1(OTHER), "/pid").text
    assert ask(plain.port, version_1(OTHER), "/pid").headers["X-Cache"] == "HIT"


def test_a_visitor_without_the_header_gets_no_answer(plain: Stack, secure: tuple[Stack, int]) -> None:
    request = b"GET / HTTP/1.1\r\nHost: shop.test\r\nConnection: close\r\n\r\n"
    assert plain.raw(request) == b""
    stack, redirecting = secure
    with pytest.raises(OSError, match=r"."):  # TLS alone: no handshake
        ask(stack.port, b"", tls=True)
    stack_port, stack.port = stack.port, redirecting
    assert stack.raw(request) == b""
    stack.port = stack_port


def test_https_and_its_redirect_know_the_visitor(secure: tuple[Stack, int]) -> None:
    stack, redirecting = secure
    seen = environ(ask(stack.port, version_2("2001:db8::7", 443), tls=True))
    assert (seen["REMOTE_ADDR"], seen["wsgi.url_scheme"]) == ("2001:db8::7", "https")
    assert ask(redirecting, version_1(VISITOR), "/led?on").status == 308
    stack.until_logged('"GET /led?on HTTP/1.1" 308')
    assert f"{VISITOR} [" in stack.log("access.log")


def test_enufs_own_questions_are_answered_too(secure: tuple[Stack, int]) -> None:
    stack, _ = secure
    refused = stack.log("error.log").count("broken header")
    status = stack.status()
    assert (status["state"], status["problems"]) == ("serving", [])
    stack.write("app.py", APP.replace('"1"', '"2"'))
    assert stack.run("reload").code == 0
    assert ask(stack.port, version_1(VISITOR), "/", tls=True).text == "version 2\n"
    issue("localhost", "renewed.test", by=ROOT).write(stack.project.parent)
    until(lambda: "renewed.test" in str(stack.status()["tls"]), what="the renewed certificate")
    assert stack.log("error.log").count("broken header") == refused
