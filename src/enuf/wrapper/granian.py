"""granian's worker: it shows the app no connection, and ends one whose answer raises."""

from __future__ import annotations

import os
import re
import signal
from time import monotonic
from urllib.parse import quote

from enuf.wrapper.servers import BrokenOff, _Server

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any

NO_CONNECTION = -1
_NO_HOST = "400 Bad Request"
_PLAIN_PATH = re.compile(r"[\w/.~-]*", re.ASCII)
_OF_A_REQUEST = frozenset(
    [
        "CONTENT_LENGTH",
        "CONTENT_TYPE",
        "GATEWAY_INTERFACE",
        "PATH_INFO",
        "QUERY_STRING",
        "REMOTE_ADDR",
        "REQUEST_METHOD",
        "SCRIPT_NAME",
        "SERVER_NAME",
        "SERVER_PORT",
        "SERVER_PROTOCOL",
        "SERVER_SOFTWARE",
    ]
)


class GranianWorker(_Server):
    """granian's worker."""

    reads_bounded = False

    def connection_of(self, environ: dict[str, Any]) -> int:
        """Return no descriptor: granian keeps the connection to itself."""
        return NO_CONNECTION

    def break_off(self, connection: int, *, ends_by_itself: bool) -> None:
        """Raise BrokenOff, at which granian ends the connection without the end mark of the body."""
        raise BrokenOff("the answer was cut short: see the record above")

    def answer_last(self, connection: int, data: bytes) -> float:
        """Leave the answer to nginx, which says 504 when it gives up. Return when that is at the latest."""
        return monotonic() + self.hold_s

    def hold(self, connection: int) -> float:
        """Return at once: an answer without its end mark is not taken for a whole one."""
        return 0.0

    def leave_queue(self) -> None:
        """Take no more connections in this worker: granian closes its side of the queue and finishes what runs."""
        os.kill(os.getpid(), signal.SIGTERM)


def with_visitor(
    app: Callable[..., Iterable[bytes]], *, host: str, several: bool, log: Callable[[str], object]
) -> Callable[..., Iterable[bytes]]:
    """Return the app with what granian does not tell it of a request: the visitor's address, the scheme, the target.

    nginx has replaced what a visitor wrote there. granian shows the app the variables of the whole process as if each
    request had them; they are taken out. `log` writes a line of the server about an answer 5xx.
    """
    inherited = tuple(
        name
        for name in os.environ
        if name not in _OF_A_REQUEST and (not name.startswith("HTTP_") or name == "HTTP_PROXY")
    )

    def called(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        drop = environ.pop
        for name in inherited:
            drop(name, None)
        drop("HTTP_SCRIPT_NAME", None)  # written for gunicorn
        scheme = environ["wsgi.url_scheme"] = environ.get("HTTP_X_FORWARDED_PROTO", "http")
        environ["REMOTE_ADDR"] = environ.get("HTTP_X_REAL_IP", "")
        environ["SERVER_NAME"], environ["SERVER_PORT"] = host, "443" if scheme == "https" else "80"
        environ["wsgi.multiprocess"] = several
        if environ.get("HTTP_HOST") == "":  # granian's value for bytes beyond ASCII; nginx sends no empty one
            start_response(_NO_HOST, [("Content-Length", "0")])
            return []
        environ["REQUEST_URI"] = _target(environ)
        begun, response = monotonic(), Response(start_response)
        body = app(environ, response.start)
        if response.status >= "5":
            log(_failed(environ, response.status, monotonic() - begun))
        return WrittenBody(response.written, body) if response.written else body

    return called


def _target(environ: dict[str, Any]) -> str:
    """Return the target of a request as far as granian tells: the path is decoded already."""
    path, query = environ["SCRIPT_NAME"] + environ["PATH_INFO"], environ["QUERY_STRING"]
    if not _PLAIN_PATH.fullmatch(path):
        path = quote(path, encoding="latin-1")
    return f"{path}?{query}" if query else path


def _failed(environ: dict[str, Any], status: str, took_s: float) -> str:
    known, worker = environ.get("HTTP_X_REQUEST_ID", ""), os.getpid()
    took = f"after {took_s * 1000:.0f} ms in the app, worker {worker} id={known}"
    return f"{environ['REQUEST_METHOD']} {environ['REQUEST_URI']} {status[:3]} {took}"


class Response:
    """`start_response` of one request, with what granian's own lacks: `write`, and headers in latin-1."""

    __slots__ = ("_start", "status", "written")

    def __init__(self, start: Callable[..., Any]) -> None:
        self._start = start
        self.status = ""
        self.written: list[bytes] = []
        """What the app has given to `write`: granian takes a body as a whole or from an iterator only."""

    def start(
        self, status: str, headers: list[tuple[str, str]], exc_info: Any = None
    ) -> Callable[[bytes], None]:
        """Pass status and headers on. Return `write`."""
        self.status = status
        self._start(
            status,
            [(name, value if value.isascii() else _sent_as_latin_1(value)) for name, value in headers],
            exc_info,
        )
        return self.written.append


def _sent_as_latin_1(value: str) -> str:
    """Return the text whose bytes in UTF-8, in which granian sends headers, are these characters of latin-1.

    Where there is no such text, return the value: granian then sends two bytes for a character.
    """
    try:
        return value.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return value


class WrittenBody:
    """The body of an answer: first what the app has written, then what it has returned."""

    __slots__ = ("_body", "_written", "close")

    def __init__(self, written: list[bytes], body: Any) -> None:
        self._written = written
        self._body = body
        self.close = body.close

    def __iter__(self) -> Iterator[bytes]:
        yield from self._written
        yield from self._body
