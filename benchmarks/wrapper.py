"""What the wrapper around the app costs per request: run with `python benchmarks/wrapper.py`."""

from __future__ import annotations

import io
import sys
import time
from collections.abc import Callable, Iterable
from typing import Any

from enuf.wrapper.conforming import Conforming
from enuf.wrapper.servers import _Server
from enuf.wrapper.time_limit import TimeLimit
from enuf.wrapper.waiting import PASSED, Waiting

REQUESTS, ROUNDS = 20_000, 9
MOST_US = 5.0
HEADERS = [("Content-Type", "text/html; charset=utf-8"), ("Content-Length", "5"), ("X-Version", "1")]


class Server(_Server):
    """A server that does nothing."""

    reads_bounded = False

    def connection_of(self, environ: dict[str, Any]) -> int:
        """Return any descriptor."""
        return 0


class Closing:
    """A body as Flask's: an iterator with a close()."""

    def __init__(self) -> None:
        self._parts = iter((b"hello",))

    def __iter__(self) -> Closing:
        return self

    def __next__(self) -> bytes:
        return next(self._parts)

    def close(self) -> None:
        """Do nothing."""


def app(_environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Answer as Flask does."""
    start_response("200 OK", list(HEADERS))
    return Closing()


def start_response(status: str, headers: list[tuple[str, str]]) -> Any:
    """Take what is given, as a server."""


def microseconds(called: Callable[..., Iterable[bytes]]) -> float:
    """Return the time of a request in the round that was disturbed least."""
    given = {"REQUEST_METHOD": "GET", "wsgi.input": io.BytesIO(), PASSED: "t=9999999999.999"}
    found = list[float]()
    for _ in range(ROUNDS):
        begun = time.process_time()
        for _ in range(REQUESTS):
            answer = called(dict(given), start_response)
            for _part in answer:
                pass
            answer.close()  # type: ignore[attr-defined]
        found.append((time.process_time() - begun) / REQUESTS * 1e6)
    return min(found)


def main() -> int:
    """Print the cost. Return 1 when it is above the promise."""
    server = Server(has_front=True, hold_s=30)
    limit = TimeLimit(30, server, Waiting(30, server))
    bare, wrapped = microseconds(app), microseconds(Conforming(app, server, limit))
    print(
        f"bare {bare:.2f} us, wrapped {wrapped:.2f} us: the wrapper costs {wrapped - bare:.2f} us a request"
    )
    return int(wrapped - bare > MOST_US)


if __name__ == "__main__":
    sys.exit(main())
