"""A process that sends requests: its specification arrives on stdin, its counts leave on stdout.

At a constant rate a latency begins at the moment at which the request was due, also where no connection was free then:
a server that stands still for a second shows that second in all requests of that second (no coordinated omission).
"""

from __future__ import annotations

import contextlib
import errno
import os
import selectors
import signal
import socket
import sys
import time
from collections import deque

import msgspec

from enuf.bench.load.answers import AnswerReader, Broken, HttpAnswer
from enuf.bench.load.spec import LoadResult, LoadSpec, step_of

_MOST_SELECTED = 900
"""select() knows file descriptors below 1024; its timeouts are exact to a microsecond, those of epoll to a millisecond."""
_READ_BYTES = 2**18
_PATIENCE_S = 0.05


class _Connection:
    """A connection to the server, at most one request at a time."""

    __slots__ = ("due", "has_served", "left", "reader", "sent", "socket")

    def __init__(self) -> None:
        self.socket: socket.socket | None = None
        self.has_served = False
        self.reader = AnswerReader()
        self.due = 0.0
        self.sent = 0.0
        self.left = memoryview(b"")


class Sender:
    """Sends the requests of one specification and counts the answers."""

    def __init__(self, spec: LoadSpec) -> None:
        self._spec = spec
        is_exact = spec.rate is not None and spec.connections < _MOST_SELECTED
        self._selector = selectors.SelectSelector() if is_exact else selectors.DefaultSelector()
        self._idle = deque(_Connection() for _ in range(spec.connections))
        self._busy: set[_Connection] = set()
        self._requests = 0
        self._failures: dict[str, int] = {}
        self._latencies: dict[int, int] = {}
        self._number = 0
        self._looked = 0.0
        self._end = 0.0

    def stop(self) -> None:
        """Send no further request."""
        self._end = 0.0

    def run(self) -> LoadResult:
        """Send until the time is over, wait for the last answers, and return the counts."""
        began, cpu = time.perf_counter(), time.process_time()
        self._end = began + self._spec.duration_s
        self._looked = began
        while (now := time.perf_counter()) < self._end and not self._has_sent_all():
            self._send_due(began, now)
            self._receive(min(self._until_due(began), self._end))
        last = time.perf_counter() + self._spec.timeout_s
        while self._busy and time.perf_counter() < last:
            self._receive(last)
        took = time.perf_counter() - began
        for connection in list(self._busy):
            self._fail(connection, "timeout")
        return LoadResult(
            requests=self._requests,
            failures=self._failures,
            seconds=took,
            latencies=self._latencies,
            busiest_share=(time.process_time() - cpu) / took,
        )

    def _has_sent_all(self) -> bool:
        return self._spec.count is not None and self._number >= self._spec.count

    def _due(self, began: float) -> float:
        """Return the moment at which the next request is due."""
        return began + self._number / self._spec.rate if self._spec.rate else 0.0

    def _until_due(self, began: float) -> float:
        now = time.perf_counter()
        if not self._idle:
            return now + _PATIENCE_S
        return self._due(began) if self._spec.rate else now

    def _send_due(self, began: float, now: float) -> None:
        """Send all requests that are due, as far as connections are free."""
        while self._idle and self._due(began) <= now and not self._has_sent_all():
            connection = self._idle.popleft()
            connection.due = self._due(began) or time.perf_counter()
            self._number += 1
            self._begin(connection)

    def _begin(self, connection: _Connection) -> None:
        connection.sent = time.perf_counter()
        self._busy.add(connection)
        try:
            if connection.socket is None:
                self._connect(connection)
            connection.left = memoryview(self._spec.request)
            self._write(connection)
        except OSError as error:
            self._lost(connection, _kind_of(error))

    def _connect(self, connection: _Connection) -> None:
        connection.reader, connection.has_served = AnswerReader(), False
        connection.socket = socket.create_connection(("127.0.0.1", self._spec.port), self._spec.timeout_s)
        connection.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.socket.setblocking(False)
        self._selector.register(connection.socket, selectors.EVENT_READ, connection)

    def _write(self, connection: _Connection) -> None:
        """Send what is left of the request, and wait for room where the kernel takes no more."""
        assert connection.socket is not None
        had_rest = len(connection.left) < len(self._spec.request)
        with contextlib.suppress(BlockingIOError):
            connection.left = connection.left[connection.socket.send(connection.left) :]
        if connection.left or had_rest:
            wanted = selectors.EVENT_READ | (selectors.EVENT_WRITE if connection.left else 0)
            self._selector.modify(connection.socket, wanted, connection)

    def _receive(self, until: float) -> None:
        """Take what has arrived, waiting until a moment; give up what is too late."""
        for key, events in self._selector.select(max(0.0, min(until - time.perf_counter(), _PATIENCE_S))):
            connection = key.data
            try:
                if events & selectors.EVENT_WRITE:
                    self._write(connection)
                if events & selectors.EVENT_READ:
                    self._read(connection)
            except Broken as error:
                self._lost(connection, str(error))
            except OSError as error:
                self._lost(connection, _kind_of(error))
        now = time.perf_counter()
        if now - self._looked > 1:
            self._looked = now
            for connection in [each for each in self._busy if now - each.sent > self._spec.timeout_s]:
                self._fail(connection, "timeout")

    def _read(self, connection: _Connection) -> None:
        assert connection.socket is not None
        data = connection.socket.recv(_READ_BYTES)
        if connection not in self._busy:  # the server has closed an idle connection
            self._forget(connection)
            return
        answer = connection.reader.add(data) if data else connection.reader.end()
        if answer:
            self._count(connection, answer)
            if answer.closes or not data:
                self._forget(connection)
        elif not data:
            raise Broken("connection closed")

    def _count(self, connection: _Connection, answer: HttpAnswer) -> None:
        self._busy.discard(connection)
        self._idle.append(connection)
        connection.has_served = True
        if answer.status != self._spec.wanted_status:
            self._note(str(answer.status))
        elif not answer.body.startswith(self._spec.wanted_body):
            self._note("wrong body")
        else:
            self._requests += 1
            step = step_of(time.perf_counter() - connection.due)
            self._latencies[step] = self._latencies.get(step, 0) + 1

    def _lost(self, connection: _Connection, kind: str) -> None:
        """Send a request again that a kept connection lost before the first byte, as browsers do; else count it."""
        if not connection.has_served or connection.reader.has_begun or kind == "timeout":
            self._fail(connection, kind)
            return
        self._forget(connection)
        self._begin(connection)

    def _fail(self, connection: _Connection, kind: str) -> None:
        self._note(kind)
        self._busy.discard(connection)
        self._forget(connection)
        self._idle.append(connection)

    def _note(self, kind: str) -> None:
        self._failures[kind] = self._failures.get(kind, 0) + 1

    def _forget(self, connection: _Connection) -> None:
        if connection.socket is not None:
            self._selector.unregister(connection.socket)
            connection.socket.close()
            connection.socket = None


def _kind_of(error: OSError) -> str:
    kinds = {
        errno.ECONNREFUSED: "connection refused",
        errno.ECONNRESET: "connection reset",
        errno.EPIPE: "connection reset",
    }
    if isinstance(error, TimeoutError):
        return "timeout"
    return kinds.get(error.errno or 0, os.strerror(error.errno or errno.EIO).lower())


if __name__ == "__main__":
    sender = Sender(msgspec.json.decode(sys.stdin.buffer.read(), type=LoadSpec))
    signal.signal(signal.SIGTERM, lambda _number, _frame: sender.stop())
    sys.stdout.buffer.write(msgspec.json.encode(sender.run()))
