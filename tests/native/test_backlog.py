"""The kernel's own count of connections that wait to be accepted."""

from __future__ import annotations

import contextlib
import socket
import sys
from pathlib import Path

import pytest

from enuf.inspect.kernel_queue import tcp_backlog, unix_backlog

pytestmark = [
    pytest.mark.native,
    pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells how many connections wait"),
]


def test_connections_that_nobody_accepts_are_counted_on_a_tcp_port_and_those_accepted_are_not() -> None:
    with contextlib.ExitStack() as open_:
        server = open_.enter_context(socket.create_server(("127.0.0.1", 0), backlog=8))
        port = server.getsockname()[1]
        assert waiting(port) == 0
        for _ in range(3):
            open_.enter_context(socket.create_connection(("127.0.0.1", port)))
        assert waiting(port) == 3
        open_.enter_context(server.accept()[0])
        assert waiting(port) == 2
    assert tcp_backlog(port) is None


def test_so_they_are_on_a_unix_socket_with_its_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # the path of a unix socket is limited
    with contextlib.ExitStack() as open_:
        server = open_.enter_context(socket.socket(socket.AF_UNIX))
        server.bind("s")
        server.listen(5)
        for _ in range(2):
            open_.enter_context(socket.socket(socket.AF_UNIX)).connect("s")
        assert unix_backlog("s") == (2, 5)
    assert unix_backlog("s") is None


def waiting(port: int) -> int | None:
    """How many of the two numbers wait."""
    found = tcp_backlog(port)
    return found[0] if found else None
