"""A process of clients that are slow on purpose, or that say nothing: they hold connections until stdin ends.

Its specification arrives as one line on stdin. Two lines leave on stdout: when all connections are made, and at the end.
"""

from __future__ import annotations

import contextlib
import resource
import select
import socket
import sys
import time
from collections.abc import Callable

import msgspec

from enuf.bench.load.crowd import Crowd, CrowdCount

_CONNECT_WITHIN_S = 2.0
_ALL_WITHIN_S = 30.0
_SPARE_FILES = 64
_SMALL_BUFFER = 4096
_BEGIN = {
    "slow headers": b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ",
    "slow body": b"POST /upload HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100000\r\n\r\n",
    "slow read": b"GET /large HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    "idle": b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
}


class Holder:
    """Holds the connections of a crowd."""

    def __init__(self, crowd: Crowd) -> None:
        self._crowd = crowd
        self._open: list[socket.socket] = []

    def connect_all(self) -> CrowdCount:
        """Make the connections, as many as the limit of open files allows, and send the begin of each request."""
        end = time.monotonic() + _ALL_WITHIN_S
        allowed = _allowed_files() - _SPARE_FILES
        for _ in range(min(self._crowd.count, allowed)):
            if time.monotonic() > end:
                break
            with contextlib.suppress(OSError):
                self._connect()
        return CrowdCount(held=len(self._open), wanted=self._crowd.count, allowed=allowed)

    def _connect(self) -> None:
        connection = socket.socket()
        try:
            if self._crowd.kind == "slow read":
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _SMALL_BUFFER)
            connection.settimeout(_CONNECT_WITHIN_S)
            connection.connect(("127.0.0.1", self._crowd.port))
            connection.sendall(_BEGIN[self._crowd.kind])
            if self._crowd.kind == "idle":
                connection.recv(65536)
            connection.setblocking(False)
        except OSError:
            connection.close()
            raise
        self._open.append(connection)

    def hold(self) -> CrowdCount:
        """Hold the connections until stdin ends: each sends, or reads, one byte per second. Return how many are left."""
        turn: Callable[[socket.socket], bool] = {
            "slow read": lambda connection: bool(connection.recv(1)),
            "idle": lambda connection: bool(connection.recv(1)),
        }.get(self._crowd.kind, lambda connection: bool(connection.send(b"a")))
        while not select.select([sys.stdin], [], [], 1)[0]:
            self._open = [each for each in self._open if _is_open(turn, each)]
        return CrowdCount(held=len(self._open), wanted=self._crowd.count)


def _is_open(turn: Callable[[socket.socket], bool], connection: socket.socket) -> bool:
    """Give a connection its turn. Return False for one that the server has closed."""
    try:
        is_open = turn(connection)
    except BlockingIOError:
        return True
    except OSError:
        is_open = False
    if not is_open:
        connection.close()
    return is_open


def _allowed_files() -> int:
    """Allow as many open files as the hard limit does, and return their number."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = 2**20 if hard == resource.RLIM_INFINITY else hard
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]


def _say(count: CrowdCount) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(count) + b"\n")
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    holder = Holder(msgspec.json.decode(sys.stdin.buffer.readline(), type=Crowd))
    _say(holder.connect_all())
    _say(holder.hold())
