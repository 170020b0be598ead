"""An answer of the app, on its way to the server (PEP 3333).

It keeps status and headers back until the first byte of the body is there, so that an error before that byte
is a clean 500, and checks all that the app gives to the server.
"""

from __future__ import annotations

import re
import traceback
from time import monotonic

from enuf.wrapper.bodies import FileWrapper
from enuf.wrapper.headers import (
    BUFFERING,
    DELIVERY,
    HOP_BY_HOP,
    LENGTH,
    TYPE,
    VARY,
    WITH_BODY,
    WITHOUT_LENGTH,
    check_status,
    check_value,
    header_kind,
    is_stream,
    kinds,
    statuses,
    streams,
    with_one_vary,
    with_strong_etag,
)
from enuf.wrapper.lent import INTERNAL_ERROR
from enuf.wrapper.stamps import output

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any

LATE, BUSY, ERROR = "504 Gateway Timeout", "503 Service Unavailable", "500 Internal Server Error"
COME_AGAIN = ("Retry-After", "5")
TEXT = [("Content-Type", "text/plain; charset=utf-8")]
_ID = re.compile(r"[A-Za-z0-9._~:/+=@-]{1,128}")

_END: Any = object()
"""What stands for the end of a body."""
_said: set[str] = set()
"""Hop-by-hop headers that this process has complained about."""


class WsgiAnswer:
    """One answer: an iterator over its body for the server.

    Holds status and headers until the first byte is there.
    """

    __slots__ = (
        "_chunks", "_close", "_conforming", "_delivered", "_first", "_headers", "_left", "_limit", "_no_body", "_start",
        "_status", "_stream", "_too_long", "_write", "connection", "environ", "sent", "sent_bytes", "thread", "waited_s",
    )  # fmt: skip
    # Every one is set from the beginning: Python finds a slot faster than a default of the class.

    def __init__(self, conforming: Any, environ: dict[str, Any], start_response: Callable[..., Any]) -> None:
        self._conforming = conforming
        self._limit = conforming.limit
        self.environ = environ
        self._start = start_response
        self.thread = conforming.current()
        self.connection: int = conforming.connection_of(environ)
        self.waited_s = 0.0
        """How long it waited for a thread, where that was long."""
        self.sent = False
        self.sent_bytes = 0
        self._status = ""
        self._stream = False
        self._first: bytes | None = None
        self._left: int | None = None
        self._no_body = False
        self._delivered = False
        """True where nginx sends a file in place of the body."""
        self._too_long = False
        self._close: Callable[[], None] | None = None

    def __str__(self) -> str:
        """Return method, address and id of the request, for the log."""
        environ = self.environ
        address = environ.get("REQUEST_URI") or environ.get("RAW_URI") or environ.get("PATH_INFO", "")
        return f"{environ.get('REQUEST_METHOD')} {address} id={environ.get('HTTP_X_REQUEST_ID', 'unknown')}"

    def say(self, text: str) -> None:
        """Write one record about this request into the server's log."""
        self._conforming.server.log(f"enuf: {self}: {text}\n")

    def ended(self) -> tuple[str, list[tuple[str, str]], bytes]:
        """Return the answer in place of one that the time limit has ended: status, headers and body.

        A request that had waited first is answered as one that was refused.
        """
        if not self.waited_s:
            return LATE, [*TEXT, *self._conforming.page(LATE)], notice(self.environ, LATE)
        waiting = self._conforming.waiting
        waiting.count()
        waiting.learn(waiting.limit_s)
        return BUSY, [*TEXT, COME_AGAIN, *self._conforming.page(BUSY)], notice(self.environ, BUSY)

    # -- what the app calls

    def start_response(
        self,
        status: str,
        headers: Iterable[tuple[str, str]] = (),
        exc_info: Any = None,
        *,
        response_headers: Iterable[tuple[str, str]] = (),
    ) -> Callable[[bytes], None]:
        """Take status and headers; with `exc_info`, in place of those that were not sent yet."""
        if exc_info:
            try:
                if self.sent:
                    raise exc_info[1].with_traceback(exc_info[2])
            finally:
                exc_info = None
        elif self._status:
            raise AssertionError("start_response was called before; a second call needs exc_info")
        self._take(status, headers or response_headers)
        return self.write

    def write(self, data: bytes) -> None:
        """Send a part of the body at once: the old way, which PEP 3333 keeps for old apps."""
        if not isinstance(data, bytes):
            raise TypeError(f"write() takes bytes, not {type(data).__name__}")
        self._leave()
        if not self.sent:
            self._send_head()
        if data := self._fitting(data):
            self._write(data)
        self._limit.running[self] = monotonic()

    # -- what the server calls

    def __iter__(self) -> Iterator[bytes]:
        """Yield the parts of the body. A generator: its end costs the server no exception."""
        limit = self._limit
        chunk = self._first
        while True:
            if chunk is not None:
                self._first = None
                yield chunk
            limit.running[self] = monotonic()
            try:
                chunk = next(self._chunks, _END)
                if limit.running.pop(self, None) is None:
                    limit.settle(self)
                if chunk.__class__ is not bytes:
                    if chunk is _END:
                        break
                    _check_part(chunk)
            except BaseException as error:
                self.fail(error)
                return
            if self._left is None and not self._no_body:
                self.sent_bytes += len(chunk)
            else:
                chunk = self._fitting(chunk)
        if self._left:
            self._cut(f"{self._left} bytes of its Content-Length are missing", None)

    def close(self) -> None:
        """Close what the app has returned. The server calls this when it has sent the answer or given up."""
        limit = self._limit
        close, self._close = self._close, None
        try:
            if close is not None:
                limit.running[self] = monotonic()
                try:
                    close()
                finally:
                    if limit.running.pop(self, None) is None:
                        limit.settle(self)
        except BaseException as error:
            self.say(f"error while the answer was closed\n{_trace(error)}")
        finally:
            limit.open.discard(self)
            if self._conforming.lends_connection:
                self._conforming.server.lent.give_back(self)
            for file in output.files:
                if file.pieces:
                    file.flush()

    # -- between the two

    def begin(self, result: Iterable[bytes]) -> None:
        """Take what the app has returned, as far as its first byte."""
        if result.__class__ is list or result.__class__ is tuple:
            self._leave()
            self._begin_whole(b"".join(result))
            return
        self._close = getattr(result, "close", None)
        self._chunks = chunks = iter(result)
        first = b""
        for first in chunks:
            if first:
                break
        limit = self._limit
        if limit.running.pop(self, None) is None:
            limit.settle(self)
        if first.__class__ is not bytes:
            _check_part(first)
        if result.__class__ is FileWrapper:
            self._too_long = True  # it may have grown since its length was taken
        if not self.sent:
            self._send_head()
        if self._left == len(first) and not self._no_body:  # as most are: all in one part
            self._left, self.sent_bytes = 0, self.sent_bytes + len(first)
            self._first = first
            return
        self._first = self._fitting(first)
        if self._no_body:
            self._chunks = iter(())

    def _begin_whole(self, body: bytes) -> None:
        """Take a body of known length."""
        self._chunks = iter(())
        if not self.sent:
            if self._status and self._left is None and not self._no_body:
                self._left = len(body)
                self._headers.append(("Content-Length", str(len(body))))
            self._send_head()
        self._first = self._fitting(body)

    def _take(self, status: str, headers: Iterable[tuple[str, str]]) -> None:
        bodyless = statuses[status] if status in statuses else check_status(status)
        left, stream, special, varies = None, False, False, False
        taken = []
        for name, value in headers:
            kind = kinds[name] if name in kinds else header_kind(name)
            if value.__class__ is not str:
                check_value(name, value)
            if kind == TYPE and value in streams:  # it was checked when it came first
                stream = streams[value]
            elif kind == LENGTH and left is None and value.isascii() and value.isdigit():
                left = int(value)
            else:
                if not (value.isascii() and value.isprintable()):
                    self._check_unusual(kind, name, value)
                if kind == TYPE:
                    stream = is_stream(value)
                elif kind:
                    special = special or varies or kind != VARY or "*" in value
                    varies = True
            taken.append((name, value))
        self._left, self._stream = left, stream
        if special:
            taken = self._without_special(status, taken)
        self._no_body = bodyless != WITH_BODY or self._delivered or self.environ["REQUEST_METHOD"] == "HEAD"
        if self._no_body:
            taken = self._without_body(bodyless, taken)
        self._status, self._headers = status, taken

    def _check_unusual(self, kind: int, name: str, value: str) -> None:
        """Check a value with unusual characters; the path of a file that nginx sends may have any."""
        if kind != DELIVERY or self._conforming.deliveries is None:
            check_value(name, value)

    def _without_body(self, bodyless: int, headers: list[tuple[str, str]]) -> list[tuple[str, str]]:
        """Return the headers of an answer that has no body: some statuses may not have a length either."""
        self._left = None
        if bodyless != WITHOUT_LENGTH:
            return headers
        return [pair for pair in headers if kinds.get(pair[0]) != LENGTH]

    def _without_special(self, status: str, headers: list[tuple[str, str]]) -> list[tuple[str, str]]:
        """Return the headers that may be sent: not those of the connection, one Content-Length, one word on buffering."""
        kept, self._left = [], None
        for name, value in headers:
            kind = header_kind(name)
            if kind == HOP_BY_HOP:
                self._complain(name)
                continue
            if kind == LENGTH and not self._take_length(name, value):
                continue
            if kind == BUFFERING:
                self._stream = False
            kept.append((name, value))
        kept = with_one_vary(kept)
        if self._conforming.server.has_front:
            kept = with_strong_etag(kept)
        if self._conforming.deliveries is not None:
            kept, self._delivered = self._conforming.deliveries.obey(status, kept, self.say)
        return kept

    def _take_length(self, name: str, value: str) -> bool:
        """Take a Content-Length.

        Return False for a second one that says the same. Raise ValueError otherwise.
        """
        if not (value.isascii() and value.strip().isdigit()):
            raise ValueError(f"refused: the header {name}: {value!r} is not a number")
        again = self._left is not None
        if again and self._left != int(value):
            raise ValueError(f"refused: two headers {name} that differ")
        self._left = int(value)
        return not again

    def _complain(self, name: str) -> None:
        if name not in _said:
            _said.add(name)
            self.say(
                f"the header {name} was not passed on: it belongs to a connection, which is the server's (said once)"
            )

    def _send_head(self) -> None:
        if not self._status:
            raise AssertionError("the app has returned without a call of start_response")
        if self._stream and self._conforming.server.has_front:
            self._headers.append(("X-Accel-Buffering", "no"))
        self._write = self._start(self._status, self._headers)
        self.sent = True

    def _fitting(self, data: bytes) -> bytes:
        """Return what may be sent of these bytes: no more than the Content-Length says."""
        if self._no_body:
            return b""
        left = self._left
        if left is not None:
            if len(data) > left:
                data = data[:left]
                if not self._too_long:
                    self._too_long = True
                    self.say("the body is longer than its Content-Length: the rest was not sent")
            self._left = left - len(data)
        self.sent_bytes += len(data)
        return data

    def take_over(self) -> None:
        """Leave the connection to the app, for a WebSocket: no time limit holds for it."""
        self._leave()

    def end_taken(self, error: BaseException | None) -> None:
        """End an answer whose connection the app took over: the server must send no answer there any more.

        If the app failed, which Flask says with a status 5xx, the visitor gets the closing frame that means this. flask_sock
        raises StopIteration when all went well.
        """
        if error is not None and not isinstance(error, StopIteration):
            self.say(f"WebSocket closed, because of an error in the app\n{_trace(error)}")
        elif not self._status.startswith("5"):
            self.close()
            return
        self._conforming.server.lent.close(self, INTERNAL_ERROR)
        self.close()

    def _leave(self) -> None:
        """Note that the app's code is not running for this request."""
        limit = self._limit
        if limit.running.pop(self, None) is None:
            limit.settle(self)

    # -- what can go wrong

    def fail(self, error: BaseException) -> None:
        """Answer 500 where nothing was sent, break the connection off otherwise; the traceback is in the log."""
        self._leave()
        late = isinstance(error, self._limit.error)
        if self.sent:
            self._cut(f"after {self.sent_bytes} bytes of its body", error)
            return
        if late:  # the time limit has written its stack already
            status, headers, body = self.ended()
        else:
            self.say(f"500, because of an error in the app\n{_trace(error)}")
            status, headers, body = self._conforming.error_answer(self.environ, error)
        self._status, self._headers, self._stream = "", [], False
        self._take(status, headers)
        self._begin_whole(body)

    def _cut(self, why: str, error: BaseException | None) -> None:
        """Break off an answer that would look whole to the client."""
        self._chunks = iter(())
        trace = f"\n{_trace(error)}" if error is not None else ""
        self.say(f"answer cut short: {why}{trace}")
        self._conforming.server.break_off(self.connection, ends_by_itself=self._left is not None)


def _check_part(part: object) -> None:
    """Raise TypeError for a part of a body that is not bytes."""
    if not isinstance(part, bytes):
        raise TypeError(f"the body consists of bytes, not of {type(part).__name__}")


def _trace(error: BaseException) -> str:
    return "".join(traceback.format_exception(type(error), error, error.__traceback__)).rstrip("\n")


def notice(environ: dict[str, Any], status: str) -> bytes:
    """Return the body of an answer in place of the app's: the status, and the id where there is one."""
    known = environ.get("HTTP_X_REQUEST_ID", "")
    return f"{status}\nRequest {known}\n".encode() if _ID.fullmatch(known) else f"{status}\n".encode()
