"""The time that a request waits for a thread, and the point from which on it is refused."""

from __future__ import annotations

import time

import pytest

from enuf.wrapper.conforming import Conforming
from enuf.wrapper.servers import _Server
from enuf.wrapper.time_limit import TimeLimit
from enuf.wrapper.waiting import PASSED, Waiting

LIMIT_S = 10.0


class Server(_Server):
    """A server without a connection."""

    def connection_of(self, environ: dict[str, object]) -> int:
        return 0

    def tick(self, alive_s: float) -> None:
        """Leave the process alone."""


def waiting(*, has_front: bool = True) -> Waiting:
    return Waiting(LIMIT_S, Server(has_front=has_front, hold_s=1))


def asked(ago_s: float, *, has_front: bool = True) -> tuple[list[str], list[bytes]]:
    """Whether an app was called for a request that was passed on so long ago, and the answer."""
    called, started = list[str](), list[str]()

    def app(environ: dict[str, object], start_response: object) -> list[bytes]:
        called.append("the app")
        start_response("200 OK", [])  # type: ignore[operator]
        return [b"hello"]

    limit = waiting(has_front=has_front)
    limit.look()
    time_limit = TimeLimit(LIMIT_S, limit.server, limit)
    time_limit.watches = True  # without its thread
    served = Conforming(app, limit.server, time_limit)
    environ = {"REQUEST_METHOD": "GET", PASSED: f"t={time.time() - ago_s:.3f}"}
    body = list(served(environ, lambda status, headers: started.append(status)))
    return [*called, *started], body


@pytest.mark.parametrize("ago_s", [-3600, 0, 5])
def test_a_request_that_can_be_answered_in_time_reaches_the_app(ago_s: float) -> None:
    assert asked(ago_s) == (["the app", "200 OK"], [b"hello"])


def test_one_that_has_waited_longer_does_not() -> None:
    assert asked(LIMIT_S + 1) == (["503 Service Unavailable"], [b"503 Service Unavailable\n"])


def test_without_a_front_the_variable_is_a_clients_and_says_nothing() -> None:
    assert asked(LIMIT_S + 1, has_front=False) == (["the app", "200 OK"], [b"hello"])


def test_what_the_app_takes_is_taken_off() -> None:
    limit = waiting()
    assert [limit.is_too_long(waited_s) for waited_s in (9.9, 10.1)] == [False, True]
    limit.longest_s = 8.0  # nothing was measured yet
    assert [limit.is_too_long(waited_s) for waited_s in (3.9, 4.1)] == [False, True]
    for _ in range(50):
        limit.learn(0.1)
    assert [limit.is_too_long(waited_s) for waited_s in (9.9, 10.1)] == [False, True]
    for _ in range(50):
        limit.learn(6.0)
    assert [limit.is_too_long(waited_s) for waited_s in (5.9, 6.1)] == [False, True]


def test_waiting_and_app_together_end_before_the_front_gives_up() -> None:
    limit = waiting()
    assert (limit.lead_s(0.5), limit.lead_s(7.0)) == (0.0, 5.0)


@pytest.mark.parametrize("passed", ["", "t=", "t=soon", "1"])
def test_a_time_that_is_none_is_no_waiting(passed: str) -> None:
    assert waiting().waited_s(passed) == 0.0
