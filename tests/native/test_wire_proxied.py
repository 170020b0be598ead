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
LONG = "a-very-long-branch-name-preview.staging.internal.eu-central-1.shop.example.com"
HOSTS = f'hosts = ["shop.test", "*.shop.test", "{LONG}", ".both.test", "mail.*", "~^v[0-9]+[.]api[.]test$"]\n'


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
    trusting.until_logged("203.0.113.9 [")
    trusting.until_logged(f"id={GIVEN_ID}")


def test_addresses_before_the_last_untrusted_one_are_not_believed(trusting: Stack) -> None:
    found = echoed(trusting, "X-Forwarded-For: 6.6.6.6, 203.0.113.9, 192.0.2.7").json["environ"]
    assert found["REMOTE_ADDR"] == "203.0.113.9"


@pytest.mark.parametrize("said", ["https,http", "https, http", "HTTPS", "wss, http"])
def test_of_several_schemes_the_first_one_is_that_of_the_visitor(trusting: Stack, said: str) -> None:
    assert echoed(trusting, f"X-Forwarded-Proto: {said}").json["scheme"] == "https"


PUBLIC = "HTTP_X_FORWARDED_HOST", "HTTP_X_FORWARDED_PORT", "HTTP_X_FORWARDED_PREFIX"


@pytest.mark.parametrize(
    ("lines", "seen"),
    [
        (("Host: shop.example.com", "Port: 443", "Prefix: /shop/"), ("shop.example.com", "443", "/shop")),
        (("Host: evil.test, shop.example.com:8443",), ("shop.example.com:8443", None, None)),
        (("Host: [2001:db8::1]:81", "Prefix: //evil.test"), ("[2001:db8::1]:81", None, None)),
        (('Host: a" b', "Port: x", "Prefix: /a b"), ("shop.test", None, None)),
        (
            ("For: 203.0.113.9, 192.0.2.7", "Host: evil, public.test, inner", "Port: 443, 8000"),
            ("public.test", "443", None),
        ),
        (("For: 203.0.113.9, 192.0.2.7, 192.0.2.8", "Host: public.test"), ("public.test", None, None)),
    ],
)
def test_the_public_address_that_a_trusted_proxy_says_is_handed_on_for_proxy_fix(
    trusting: Stack, lines: tuple[str, ...], seen: tuple[str | None, ...]
) -> None:
    found = echoed(trusting, *(f"X-Forwarded-{line}" for line in lines)).json["environ"]
    assert tuple(map(found.get, PUBLIC)) == seen
    assert found["HTTP_HOST"] == "shop.test"


@pytest.mark.parametrize(
    ("said", "seen"),
    [
        ("for=203.0.113.9;proto=https;host=public.test", ("203.0.113.9", "https", "public.test")),
        ('For="[2001:db9::9]:4711"; Proto="https"', ("2001:db9::9", "https", "shop.test")),
        ("for=6.6.6.6;host=evil.test, for=203.0.113.9", ("203.0.113.9", "http", "shop.test")),
        (
            'for=6.6.6.6, for=203.0.113.9;proto=https;host="public.test", for=192.0.2.7;proto=http',
            ("203.0.113.9", "https", "public.test"),
        ),
        ("for=_hidden;proto=https", ("127.0.0.1", "https", "shop.test")),
        ("for=unknown", ("127.0.0.1", "http", "shop.test")),
    ],
)
def test_a_trusted_proxy_may_say_the_same_in_one_header(
    trusting: Stack, said: str, seen: tuple[str, ...]
) -> None:
    answer = echoed(trusting, f"Forwarded: {said}")
    found = answer.json["environ"]
    assert (found["REMOTE_ADDR"], answer.json["scheme"], found["HTTP_X_FORWARDED_HOST"]) == seen
    assert "HTTP_FORWARDED" not in found


def test_what_a_visitor_sends_as_forwarded_is_not_read_behind_a_proxy_that_speaks_x_forwarded(
    trusting: Stack,
) -> None:
    answer = echoed(
        trusting, "X-Forwarded-For: 203.0.113.9", "Forwarded: for=6.6.6.6;proto=https;host=evil.test"
    )
    found = answer.json["environ"]
    assert (found["REMOTE_ADDR"], answer.json["scheme"]) == ("203.0.113.9", "http")
    assert found["HTTP_X_FORWARDED_HOST"] == "shop.test"


@pytest.mark.parametrize("scheme", ["javascript", "ftp", "javascript, https", ""])
def test_even_a_trusted_proxy_can_only_say_http_or_https(trusting: Stack, scheme: str) -> None:
    assert echoed(trusting, f"X-Forwarded-Proto: {scheme}").json["scheme"] == "http"


@pytest.mark.parametrize(
    "given", ["1b4e28ba-2fa1-11d2-883f-0016d3cca427", "Root=1-67891233-abcdef012345678912345678", "x" * 128]
)
def test_an_id_that_a_trusted_proxy_gave_is_kept_as_it_is_and_found_in_the_log(
    trusting: Stack, given: str
) -> None:
    answer = echoed(trusting, f"X-Request-ID: {given}")
    assert answer.headers["X-Request-ID"] == answer.json["environ"]["HTTP_X_REQUEST_ID"] == given
    assert given in trusting.run("logs", "--json", "--id", given).out


@pytest.mark.parametrize("given", ["x" * 129, f"{GIVEN_ID}'", '"', "<b>", "a b", "a,b"])
def test_an_id_that_could_be_more_than_an_id_is_replaced_even_from_a_trusted_proxy(
    trusting: Stack, given: str
) -> None:
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
    "host",
    [
        *("shop.test", "SHOP.TEST", "www.shop.test", "a.b.shop.test", "shop.test:8443"),
        *(LONG, "both.test", "www.both.test", "mail.example.org", "v12.api.test"),
    ],
)
def test_a_host_that_is_named_in_the_settings_is_served(trusting: Stack, host: str) -> None:
    assert environ(trusting, host=host)["HTTP_HOST"] == host.lower()


@pytest.mark.parametrize(
    "host",
    [
        *("evil.test", "shop.test.evil.test", "notshop.test", "127.0.0.1", "localhost"),
        *(f"www.{LONG}", "notboth.test", "v.api.test"),
    ],
)
def test_for_any_other_host_the_connection_is_closed_without_an_answer(trusting: Stack, host: str) -> None:
    assert trusting.raw(head(host=host)) == b""
    assert send(trusting, head(host=host, path="/static/site.css")) == []
    assert trusting.raw(f"GET http://{host}/ HTTP/1.1\r\nHost: shop.test\r\n\r\n".encode()) == b""


def test_a_malformed_request_has_an_id_although_it_names_no_host(trusting: Stack) -> None:
    answer = send_one(trusting, b"GET /%zz HTTP/1.1\r\n\r\n")
    assert answer.status == 400
    assert len(answer.headers["X-Request-ID"]) == 32
