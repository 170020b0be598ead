"""What a visitor says about himself is not believed; what a trusted proxy says is, and nobody else's word."""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from tests.support.spoofing import FORGED_ID, FORGERIES, Forgery
from tests.support.wire import Received
from tests.support.witness import Witness, rows, witness_on

pytestmark = pytest.mark.native

VARIES = {"REMOTE_PORT", "HTTP_X_REQUEST_ID", "HTTP_X_REQUEST_START"}
"""Differs between any two requests."""
TRUSTED, NOT_TRUSTED = "127.0.0.2", "127.0.0.1"
SEES_NGINX_AS_THE_VISITOR = {"nginx-flask"}


@pytest.fixture(scope="module", params=rows(front_only=True, builds=("embedded",)))
def trusting(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Witness]:
    """A stack that trusts the proxy at 127.0.0.2."""
    folder = tmp_path_factory.mktemp("trusting") / "shop"
    with witness_on(folder, *request.param, serve=f'trusted_proxies = ["{TRUSTED}"]\n') as stack:
        yield stack


class Seen(NamedTuple):
    """What the app saw of a request, and the id that the answer has."""

    environ: dict[str, str]
    url: str
    id: str


def seen(stack: Witness, *lines: str, source: str = NOT_TRUSTED) -> Seen | None:
    """What the app sees of a GET with these header lines from that address; None when it was refused with 400."""
    request = "\r\n".join(["GET /echo HTTP/1.1", "Host: shop.test", *lines, "Connection: close", "", ""])
    with contextlib.closing(socket.create_connection(("127.0.0.1", stack.port), 20, (source, 0))) as visitor:
        visitor.sendall(request.encode("latin-1"))
        received = b"".join(iter(lambda: visitor.recv(65536), b""))
    answer = http.client.HTTPResponse(Received(received))  # type: ignore[arg-type]
    answer.begin()
    if answer.status == 400:
        return None
    assert answer.status == 200, (lines, received)
    found: Any = json.loads(answer.read())
    return Seen(found["environ"], found["url"], answer.getheader("X-Request-ID", ""))


def believed(stack: Witness, forgery: Forgery, source: str, honest: Seen) -> dict[str, str]:
    """What of the forgery made a difference, apart from a header that passes as a header."""
    found = seen(stack, *forgery.lines, source=source)
    if found is None:
        return {}
    may_differ = VARIES | (forgery.names if forgery.may_pass or not stack.has_front else set())
    changed = {
        name: found.environ.get(name, "(missing)")
        for name in {*found.environ, *honest.environ} - may_differ
        if found.environ.get(name) != honest.environ.get(name)
    }
    values = {line.partition(":")[2].strip() for line in forgery.lines}
    if stack.has_front:
        changed |= {
            name: value for name, value in found.environ.items() if name in VARIES and value in values
        }
    if found.id in values:
        changed["id of the answer"] = found.id
    return changed | ({"url": found.url} if found.url != honest.url else {})


def all_believed(stack: Witness, source: str) -> dict[str, dict[str, str]]:
    """Every forgery that made a difference, with the difference."""
    honest = seen(stack, source=source)
    assert honest
    found = {str(forgery): believed(stack, forgery, source, honest) for forgery in FORGERIES}
    return {name: changed for name, changed in found.items() if changed}


def test_no_visitor_is_believed(witness: Witness) -> None:
    assert all_believed(witness, NOT_TRUSTED) == {}


def test_with_a_trusted_proxy_nobody_else_is_believed(trusting: Witness) -> None:
    assert all_believed(trusting, NOT_TRUSTED) == {}


BELIEVED = {
    "X-Forwarded-For: 6.6.6.6": "6.6.6.6",
    "X-Forwarded-For: 6.6.6.6, 7.7.7.7": "7.7.7.7",
    "X-Forwarded-For: 6.6.6.6 + X-Forwarded-For: 7.7.7.7": "7.7.7.7",
    "X-Forwarded-For: 6.6.6.6:66": "6.6.6.6",
    "X-Forwarded-For: 6.6.6.6, 127.0.0.1": "127.0.0.1",
    "X-Forwarded-For: ::6": "::6",
    "X-Forwarded-Proto: https": "https",
    "X-Forwarded-Proto: HTTPS": "https",
    "x-FORWARDED-proto: https": "https",
    "X-Forwarded-Proto: https, http": "https",
    "X-Forwarded-Proto: https + X-Forwarded-Proto: http": "https",
    "X-Forwarded-Proto:https\t": "https",
    "X-Forwarded-Host: evil.test": "evil.test",
    "X-Forwarded-Host: evil.test + X-Forwarded-Host: evil.test:81": "evil.test:81",
    "X-Forwarded-Port: 666": "666",
    "X-Forwarded-Prefix: /evil": "/evil",
    "X-Request-ID: evil": "evil",
    f"X-Request-ID: {FORGED_ID}": FORGED_ID,
    "Forwarded: for=6.6.6.6;proto=https;host=evil.test": "6.6.6.6 https evil.test",
    "Forwarded: for=6.6.6.6 + Forwarded: proto=https": "https",
}
"""What the trusted proxy can say, and what is made of it: of several addresses and hosts the last one, which it has added
itself, of several schemes the first, and of Forwarded the last element."""
FOLLOWS_FROM_HTTPS = {"on", "443", "https://shop.test/echo"}


def test_a_trusted_proxy_is_believed_about_the_visitor_and_the_public_address_and_nothing_else(
    trusting: Witness,
) -> None:
    found = all_believed(trusting, TRUSTED)
    assert set(found) == set(BELIEVED)
    for forgery, value in BELIEVED.items():
        said = set(value.split())
        others = set(found[forgery].values()) - said
        assert others <= (FOLLOWS_FROM_HTTPS if "https" in said else set()), (forgery, found[forgery])
    if trusting.row.id not in SEES_NGINX_AS_THE_VISITOR:
        assert found["X-Forwarded-For: 6.6.6.6"]["REMOTE_ADDR"] == "6.6.6.6"
        assert found["X-Forwarded-Proto: https"]["url"] == "https://shop.test/echo"
