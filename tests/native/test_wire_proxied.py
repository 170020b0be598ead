"""Behind another proxy, and with host names of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.builds import BUILDS
from tests.support.stack import Response, Stack
from tests.support.wire import environ, head, send, send_one, site

pytestmark = pytest.mark.native

GIVEN_ID = "0123456789abcdef" * 2
SAID_BY_PROXY = ("X-Forwarded-Proto: https", "X-Forwarded-For: 203.0.113.9", f"X-Request-ID: {GIVEN_ID}")
HOSTS = 'hosts = ["shop.test", "*.shop.test"]\n'


@pytest.fixture(scope="module", params=BUILDS)
def trusting(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The app that trusts a proxy on this machine and two other networks."""
    settings = '[serve]\ntrusted_proxies = ["127.0.0.1", "192.0.2.0/24", "2001:db8::/32"]\n' + HOSTS
    with site(tmp_path_factory.mktemp("trusting") / "shop", request.param, settings) as stack:
        yield stack


@pytest.fixture(scope="module")
def distrusting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The app that trusts proxies, but none on this machine."""
    settings = '[serve]\ntrusted_proxies = ["192.0.2.0/24"]\n' + HOSTS
    with site(tmp_path_factory.mktemp("distrusting") / "shop", "embedded", settings) as stack:
        yield stack


def echoed(stack: Stack, *lines: str) -> Response:
    """What the app says of such a GET."""
    return send_one(stack, head(*lines, path="/echo"))


def test_a_trusted_proxy_says_scheme_address_and_id(trusting: Stack) -> None:
    answer = echoed(trusting, *SAID_BY_PROXY)
    found = answer.json["environ"]
    assert (answer.json["scheme"], answer.json["external"]) == ("https", "https://shop.test/page")
    assert (found["HTTPS"], found["HTTP_X_FORWARDED_PROTO"]) == ("on", "https")
    assert found["REMOTE_ADDR"] == found["HTTP_X_FORWARDED_FOR"] == found["HTTP_X_REAL_IP"] == "203.0.113.9"
    assert found["HTTP_X_REQUEST_ID"] == answer.headers["X-Request-ID"] == GIVEN_ID
    assert "203.0.113.9 [" in trusting.log("access.log")
    assert f"id={GIVEN_ID}" in trusting.log("access.log")


def test_addresses_before_the_last_untrusted_one_are_not_believed(trusting: Stack) -> None:
    found = echoed(trusting, "X-Forwarded-For: 6.6.6.6, 203.0.113.9, 192.0.2.7").json["environ"]
    assert found["REMOTE_ADDR"] == "203.0.113.9"


@pytest.mark.parametrize("scheme", ["javascript", "ftp", "https, http", ""])
def test_even_a_trusted_proxy_can_only_say_http_or_https(trusting: Stack, scheme: str) -> None:
    assert echoed(trusting, f"X-Forwarded-Proto: {scheme}").json["scheme"] == "http"


@pytest.mark.parametrize("given", ["short", GIVEN_ID.upper(), GIVEN_ID + "0", "x" * 32, f"{GIVEN_ID}'"])
def test_an_id_of_another_form_is_replaced_even_from_a_trusted_proxy(trusting: Stack, given: str) -> None:
    answer = echoed(trusting, f"X-Request-ID: {given}")
    assert answer.headers["X-Request-ID"] == answer.json["environ"]["HTTP_X_REQUEST_ID"] != given
    assert len(answer.headers["X-Request-ID"]) == 32


def test_nobody_else_is_believed(distrusting: Stack) -> None:
    answer = echoed(distrusting, *SAID_BY_PROXY)
    found = answer.json["environ"]
    assert (answer.json["scheme"], found["REMOTE_ADDR"]) == ("http", "127.0.0.1")
    assert found["HTTP_X_REQUEST_ID"] == answer.headers["X-Request-ID"] != GIVEN_ID
    assert "HTTPS" not in found


@pytest.mark.parametrize(
    "host", ["shop.test", "SHOP.TEST", "www.shop.test", "a.b.shop.test", "shop.test:8443"]
)
def test_a_host_that_is_named_in_the_settings_is_served(trusting: Stack, host: str) -> None:
    assert environ(trusting, host=host)["HTTP_HOST"] == host.lower()


@pytest.mark.parametrize(
    "host", ["evil.test", "shop.test.evil.test", "notshop.test", "127.0.0.1", "localhost"]
)
def test_for_any_other_host_the_connection_is_closed_without_an_answer(trusting: Stack, host: str) -> None:
    assert trusting.raw(head(host=host)) == b""
    assert send(trusting, head(host=host, path="/static/site.css")) == []
    assert trusting.raw(f"GET http://{host}/ HTTP/1.1\r\nHost: shop.test\r\n\r\n".encode()) == b""


def test_a_malformed_request_has_an_id_although_it_names_no_host(trusting: Stack) -> None:
    answer = send_one(trusting, b"GET /%zz HTTP/1.1\r\n\r\n")
    assert answer.status == 400
    assert len(answer.headers["X-Request-ID"]) == 32
