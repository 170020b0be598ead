"""Clients that ask as fast as they are answered, and compare every answer with what it must be.

A few processes of a few threads each: one Python process alone would ask more slowly than the stack answers.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import random
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from io import BufferedReader
from typing import Any

import msgspec

PROCESSES, THREADS = 2, 6
TIMEOUT_S = 60
_BLOCK = 65_536
Outcomes = Counter[tuple[str, str]]
"""Numbers of requests by their kind and outcome."""


class Question(msgspec.Struct, frozen=True):
    """A request, and how its answer is judged."""

    kind: str
    message: bytes
    is_right: Callable[[bytes], bool]
    close: bool = False
    """True for a connection of its own."""
    pause_s: float = 0.0
    """A slow reader waits so long after each 64 KiB."""


def _get(kind: str, path: str, is_right: Callable[[bytes], bool], **more: Any) -> Question:
    closing = "Connection: close\r\n" if more.get("close") else ""
    message = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{closing}\r\n".encode()
    return Question(kind, message, is_right, **more)


def page(token: str, *, close: bool = False) -> Question:
    """Return a request for a page; its answer repeats the token and names a version."""
    beginning = f"{token} ".encode()

    def is_right(body: bytes) -> bool:
        return body.startswith(beginning) and body[len(beginning) :].isdigit()

    return _get("new connection" if close else "page", f"/?t={token}", is_right, close=close)


def form(token: str) -> Question:
    """Return a POST of 2 KiB that is sent back."""
    body = token.encode() * 128
    head = f"POST /echo HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(body)}\r\n\r\n"
    return Question("POST", head.encode() + body, body.__eq__)


def order(token: str) -> Question:
    """Return a request that PostgreSQL must answer."""
    right = page(token).is_right
    return _get("PostgreSQL", f"/order?t={token}", right)


def events(token: str, count: int = 4, every_s: float = 0.005) -> Question:
    """Return a request for server-sent events."""
    body = "".join(f"data: {token} {number}\n\n" for number in range(count)).encode()
    return _get("event stream", f"/events?t={token}&n={count}&every={every_s}", body.__eq__)


def download(token: str, blocks: int = 16, *, pause_s: float = 0.0) -> Question:
    """Return a request for a file of so many times 64 KiB."""

    def is_right(body: bytes) -> bool:
        return body == token.encode() * (4096 * blocks)

    return _get("download", f"/file?t={token}&n={blocks}", is_right, pause_s=pause_s)


MIX: dict[Callable[[str], Question], int] = {
    page: 830,
    lambda token: page(token, close=True): 40,
    form: 50,
    order: 40,
    events: 25,
    download: 15,
}
"""Requests of each kind in a thousand."""


def long_streams(token: str) -> tuple[Question, Question]:
    """Return an event stream and a slow download that take longer than the time between two reloads."""
    return events(token, 20, 0.25), download(token, 256, pause_s=0.02)


class Connection:
    """One connection of a client: kept open from request to request."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._socket: socket.socket | None = None
        self._reader: BufferedReader | None = None

    def close(self) -> None:
        """Close the connection; the next request opens another."""
        for each in (self._reader, self._socket):
            if each:
                with contextlib.suppress(OSError):
                    each.close()
        self._socket = self._reader = None

    def outcome_of(self, question: Question) -> str:
        """Send the request. Return "200", or in a word or two what was wrong."""
        if question.close:
            self.close()
        is_fresh = self._socket is None
        try:
            return self._outcome(question)
        except EOFError:
            self.close()
            return "ended early" if is_fresh else "ended early, kept connection"
        except (OSError, ValueError) as error:
            self.close()
            return f"{type(error).__name__}{'' if is_fresh else ', kept connection'}"

    def _outcome(self, question: Question) -> str:
        if not self._socket:
            self._socket = socket.create_connection(("127.0.0.1", self._port), TIMEOUT_S)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._reader = BufferedReader(self._socket.makefile("rb", 0), _BLOCK)
        self._socket.sendall(question.message)
        assert self._reader
        status, headers = read_head(self._reader)
        body = b"".join(read_body(self._reader, headers, question.pause_s))
        if headers.get(b"connection", b"").lower() == b"close":
            self.close()
        if status != "200":
            return status
        return "200" if question.is_right(body) else "wrong body"


def read_head(reader: BufferedReader) -> tuple[str, dict[bytes, bytes]]:
    """Return status and headers of an answer. Raise EOFError where it ends before."""
    status = _line(reader).split(b" ", 2)[1].decode()
    headers: dict[bytes, bytes] = {}
    while line := _line(reader):
        name, _, value = line.partition(b":")
        headers[name.lower()] = value.strip()
    return status, headers


def read_body(reader: BufferedReader, headers: dict[bytes, bytes], pause_s: float) -> Iterator[bytes]:
    """Yield the parts of a body. Raise EOFError where it ends before its end."""
    if headers.get(b"transfer-encoding", b"").lower() == b"chunked":
        while size := int(_line(reader), 16):
            yield from _exactly(reader, size, pause_s)
            _line(reader)
        _line(reader)
    else:
        yield from _exactly(reader, int(headers[b"content-length"]), pause_s)


def _line(reader: BufferedReader) -> bytes:
    line = reader.readline(_BLOCK)
    if not line.endswith(b"\n"):
        raise EOFError
    return line.rstrip(b"\r\n")


def _exactly(reader: BufferedReader, size: int, pause_s: float) -> Iterator[bytes]:
    while size:
        part = reader.read(min(size, _BLOCK))
        if not part:
            raise EOFError
        size -= len(part)
        if pause_s:
            time.sleep(pause_s)
        yield part


class Counts(msgspec.Struct, frozen=True):
    """How many requests of each kind ended in which way, and the longest wait for a page."""

    outcomes: dict[tuple[str, str], int]
    longest_s: float

    @property
    def answered(self) -> int:
        """Requests with a right answer."""
        return sum(number for (_, outcome), number in self.outcomes.items() if outcome == "200")

    @property
    def failures(self) -> dict[tuple[str, str], int]:
        """The others, by kind and outcome."""
        return {key: number for key, number in self.outcomes.items() if key[1] != "200"}

    @property
    def failed(self) -> int:
        """Requests without a right answer."""
        return sum(self.failures.values())


class Clients:
    """The running clients: `done` counts while they ask, `counts` ends them."""

    def __init__(self, port: int) -> None:
        spawn = multiprocessing.get_context("spawn")
        # One number for each client, and a last one that is not 0 once they must stop.
        self._done = spawn.Array("q", PROCESSES * THREADS + 1)
        self._processes = ProcessPoolExecutor(PROCESSES, spawn, initializer=_share, initargs=(self._done,))
        self._asking = [
            self._processes.submit(_ask_in_threads, port, number * THREADS) for number in range(PROCESSES)
        ]
        self._is_over = threading.Event()
        self._threads = ThreadPoolExecutor(2)
        self._streaming = [self._threads.submit(self._stream, port, which) for which in range(2)]

    @property
    def done(self) -> int:
        """Requests that were answered, or have failed, so far. Raise what has ended a client early."""
        running: list[Future[Any]] = [*self._asking, *self._streaming]
        for each in running:
            if each.done():
                each.result()
        return sum(self._done[:-1])

    def counts(self) -> Counts:
        """Let the clients ask no more. Return the counts, with the requests that were under way."""
        self.stop()
        found = [each.result() for each in self._asking]
        outcomes = [part for part, _ in found] + [each.result() for each in self._streaming]
        return Counts(dict(sum(outcomes, Outcomes())), max(longest for _, longest in found))

    def stop(self) -> None:
        """Let the clients ask no more, and wait for their end."""
        self._is_over.set()
        self._done[-1] = 1
        self._processes.shutdown()
        self._threads.shutdown()

    def _stream(self, port: int, which: int) -> Outcomes:
        """Keep a long event stream, or a slow download, under way."""
        outcomes, connection = Outcomes(), Connection(port)
        while not self._is_over.is_set():
            question = long_streams(f"{which}{outcomes.total():015x}")[which]
            outcomes[f"long {question.kind}", connection.outcome_of(question)] += 1
        connection.close()
        return outcomes


_done: Any = None
"""In a process of clients: the numbers that it shares with the others."""


def _share(done: Any) -> None:
    global _done  # noqa: PLW0603 - a process of a pool gets shared memory in no other way
    _done = done.get_obj()


def _ask_in_threads(port: int, first: int) -> tuple[Outcomes, float]:
    """Run the clients of one process until they must stop. Return their outcomes and the longest wait in seconds."""
    deck = [kind for kind, number in MIX.items() for _ in range(number)]

    def ask(number: int) -> tuple[Outcomes, float]:
        chance, connection = random.Random(number), Connection(port)
        outcomes, longest = Outcomes(), 0.0
        while not _done[-1]:
            question = chance.choice(deck)(f"{chance.getrandbits(64):016x}")
            begun = time.monotonic()
            outcome = connection.outcome_of(question)
            longest = max(longest, time.monotonic() - begun)
            outcomes[question.kind, outcome] += 1
            _done[number] += 1
            if outcome != "200":
                time.sleep(0.01)
        connection.close()
        return outcomes, longest

    with ThreadPoolExecutor(THREADS) as clients:
        found = list(clients.map(ask, range(first, first + THREADS)))
    return sum((outcomes for outcomes, _ in found), Outcomes()), max(longest for _, longest in found)
