"""Several addresses, both families, a unix socket with a proxy behind it, names that are expressions, health checks, and
visitors who fall silent."""

from __future__ import annotations

import json
import socket
import stat
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.support.builds import prepare, settings_of
from tests.support.stack import Response, Stack, stack_in
from tests.support.wire import APP, answers, head

pytestmark = pytest.mark.native

SETTINGS = """[serve]
listen = ["[::]:{port}", "unix:{door}"]
socket_mode = "0666"
trusted_proxies = ["unix:"]
hosts = ['~^(?<branch>[a-z-]+)\\.preview\\.test$']
health_path = "/echo/health"
client_timeout = "1s"
"""


class Reachable(NamedTuple):
    """A stack, and how its addresses are reached."""

    stack: Stack
    port: int
    door: Path

    def ask(self, address: tuple[str, int] | str, request: bytes) -> Response | None:
        """The answer to a request that closes its connection; None where the connection is closed without one."""
        family = (
            socket.AF_UNIX
            if isinstance(address, str)
            else socket.AF_INET6
            if ":" in address[0]
            else socket.AF_INET
        )
        with closing(socket.socket(family)) as connection:
            connection.settimeout(20)
            connection.connect(address)
            connection.sendall(request)
            received = b""
            with suppress(ConnectionResetError):
                received = b"".join(iter(lambda: connection.recv(65536), b""))
        return answers(received, False)[0] if received else None

    def over(self, family: str, request: bytes) -> Response | None:
        """The answer over `unix`, or at this address of loopback."""
        return self.ask(str(self.door) if family == "unix" else (family, self.port), request)


@pytest.fixture(scope="module")
def reachable(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reachable]:
    """The app at both families of IP addresses and at a unix socket."""
    folder = tmp_path_factory.mktemp("reachable")
    with socket.socket(socket.AF_INET6) as free:
        free.bind(("::", 0))
        port = free.getsockname()[1]
    prepare(folder / "shop", "embedded")
    with stack_in(folder / "shop", env={"ENUF_SERVE_USER": "root"}) as stack:
        stack.write("app.py", APP)
        door = folder / "door.sock"
        stack.write("enuf.toml", settings_of("embedded") + SETTINGS.format(port=port, door=door))
        done = stack.run("up", "-d", "--json")
        assert done.code == 0, done
        yield Reachable(stack, port, door)


@pytest.mark.parametrize("address", ["::1", "127.0.0.1"])
def test_the_address_for_everybody_takes_both_families_and_names_a_visitor_as_usual(
    reachable: Reachable, address: str
) -> None:
    answer = reachable.over(address, head(path="/echo", host="my-branch.preview.test"))
    assert answer and answer.status == 200
    assert answer.json["environ"]["REMOTE_ADDR"] == address
    reachable.stack.until_logged(f"{address} [")


def test_a_proxy_behind_a_trusted_unix_socket_says_who_the_visitor_is(reachable: Reachable) -> None:
    assert stat.S_IMODE(reachable.door.stat().st_mode) == 0o666  # the proxy is another user
    said = ("X-Forwarded-For: 203.0.113.9", "X-Forwarded-Proto: https", "X-Forwarded-Host: public.test")
    answer = reachable.over("unix", head(*said, path="/echo", host="a.preview.test"))
    assert answer
    found = answer.json["environ"]
    assert (found["REMOTE_ADDR"], answer.json["scheme"], found["SERVER_PORT"]) == (
        "203.0.113.9",
        "https",
        "443",
    )
    assert found["HTTP_X_FORWARDED_HOST"] == "public.test"


def test_the_same_words_over_tcp_are_not_believed(reachable: Reachable) -> None:
    said = ("X-Forwarded-For: 203.0.113.9", "X-Forwarded-Proto: https", "X-Forwarded-Host: public.test")
    answer = reachable.over("127.0.0.1", head(*said, path="/echo", host="a.preview.test"))
    assert answer
    found = answer.json["environ"]
    assert (found["REMOTE_ADDR"], answer.json["scheme"]) == ("127.0.0.1", "http")
    assert found["HTTP_X_FORWARDED_HOST"] == "a.preview.test"


CHECKS = {
    "by address": b"GET /echo/health HTTP/1.1\r\nHost: 10.0.0.7:8080\r\nConnection: close\r\n\r\n",
    "without a name": b"GET /echo/health HTTP/1.0\r\n\r\n",
    "by another name": b"HEAD /echo/health?probe=1 HTTP/1.1\r\nHost: evil.test\r\nConnection: close\r\n\r\n",
}


@pytest.mark.parametrize("request_", CHECKS.values(), ids=CHECKS)
def test_a_health_check_needs_no_host_name(reachable: Reachable, request_: bytes) -> None:
    with closing(socket.create_connection(("127.0.0.1", reachable.port), 20)) as visitor:
        visitor.sendall(request_)
        received = b"".join(iter(lambda: visitor.recv(65536), b""))
    head_, _, body = received.partition(b"\r\n\r\n")
    assert head_.startswith(b"HTTP/1.1 200 ")
    if body:  # and the app sees a host that it can trust
        assert json.loads(body)["environ"]["HTTP_HOST"] == "localhost"


@pytest.mark.parametrize("path", ["/", "/echo", "/echo/health/", "/echo/healthy", "/echo/health/../x"])
def test_no_other_path_is_answered_for_a_host_that_is_none_of_ours(reachable: Reachable, path: str) -> None:
    assert reachable.over("127.0.0.1", head(path=path, host="10.0.0.7")) is None


def test_an_upload_that_falls_silent_for_longer_than_the_settings_say_is_given_up(
    reachable: Reachable,
) -> None:
    begun = head("Content-Length: 10", method="POST", path="/echo", host="a.preview.test") + b"12"
    answer = reachable.over("127.0.0.1", begun)
    assert answer is None or answer.status == 408
