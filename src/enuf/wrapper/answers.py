"""Make any server a conforming WSGI server for the app behind it (PEP 3333).

`Conforming` wraps the app. It keeps status and headers back until the first byte of the body is there, so
that an error before that byte is a clean 500, and checks all that the app gives to the server.
"""

from __future__ import annotations

import os
import re
import stat
import traceback
from _thread import get_ident
from time import monotonic

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any

WITH_BODY, WITHOUT_BODY, WITHOUT_LENGTH = range(3)
PLAIN, LENGTH, TYPE, BUFFERING, HOP_BY_HOP = range(5)
SPECIAL = {
    "content-length": LENGTH,
    "content-type": TYPE,
    "x-accel-buffering": BUFFERING,
    **dict.fromkeys(
        ("connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection", "te",
         "trailer", "trailers", "transfer-encoding", "upgrade"),
        HOP_BY_HOP,
    ),
}  # fmt: skip
STREAMS = (
    "text/event-stream", "multipart/x-mixed-replace", "application/x-ndjson", "application/ndjson",
    "application/jsonl", "application/x-jsonlines", "application/json-seq", "application/stream+json",
    "application/vnd.docker.raw-stream", "application/vnd.docker.multiplexed-stream",
)  # fmt: skip
"""Media types whose parts are meant to be read one by one, as they come."""
BLOCK_BYTES = 65536
_STATUS = re.compile(r"[1-9][0-9][0-9]( [\t\x20-\x7e\x80-\xff]*)?")
_FIELD_NAME = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")
_ID = re.compile(r"[A-Za-z0-9._~:/+=@-]{1,128}")
_MOST_KINDS = 1000

_kinds: dict[str, int] = {}
"""Names of headers that were checked already, and what is special about each."""
_statuses: dict[str, int] = {}
"""Statuses that were checked already, and whether their answer has a body."""
_said: set[str] = set()
"""Hop-by-hop headers that this process has complained about."""


class Conforming:
    """A WSGI app that can be given to a server which does less than PEP 3333 demands."""

    def __init__(self, app: Callable[..., Iterable[bytes]], server: Any, limit: Any) -> None:
        self.app = app
        self.server = server
        self.limit = limit
        self.caught = (*server.caught, limit.error)
        self.reads_bounded = server.reads_bounded

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> WsgiAnswer:
        """Answer one request."""
        answer = WsgiAnswer(self, environ, start_response)
        environ["wsgi.file_wrapper"] = FileWrapper
        if not self.reads_bounded and environ.get("CONTENT_LENGTH"):
            environ["wsgi.input"] = Input(environ["wsgi.input"])
        limit = self.limit
        if not limit.watches:
            limit.watch()
        limit.open.add(answer)
        limit.running[answer] = monotonic()
        try:
            answer.begin(self.app(environ, answer.start_response))
        except self.caught as error:
            answer.fail(error)
        return answer


class WsgiAnswer:
    """One answer: an iterator over its body for the server.

    Holds status and headers until the first byte is there.
    """

    # Defaults that are no attributes of the instance yet: an answer is made for every request.
    sent = False
    sent_bytes = 0
    _status = ""
    _stream = False
    _first: bytes | None = None
    _left: int | None = None
    _no_body = False
    _too_long = False
    _close: Callable[[], None] | None = None

    def __init__(
        self, conforming: Conforming, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> None:
        self._conforming = conforming
        self._limit = conforming.limit
        self.environ = environ
        self._start = start_response
        self.thread = get_ident()
        self.connection = conforming.server.connection_of(environ)

    def __str__(self) -> str:
        """Return method, address and id of the request, for the log."""
        environ = self.environ
        address = environ.get("REQUEST_URI") or environ.get("RAW_URI") or environ.get("PATH_INFO", "")
        return f"{environ.get('REQUEST_METHOD')} {address} id={environ.get('HTTP_X_REQUEST_ID', 'unknown')}"

    def say(self, text: str) -> None:
        """Write one record about this request into the server's log."""
        self._conforming.server.log(f"enuf: {self}: {text}\n")

    def notice(self, status: str) -> bytes:
        """Return the body of an answer in place of the app's: the status, and the id where there is one."""
        known = self.environ.get("HTTP_X_REQUEST_ID", "")
        return f"{status}\nRequest {known}\n".encode() if _ID.fullmatch(known) else f"{status}\n".encode()

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
        return self

    def __next__(self) -> bytes:
        """Return the next part of the body."""
        chunk = self._first
        if chunk is not None:
            self._first = None
            return chunk
        limit = self._limit
        limit.running[self] = monotonic()
        try:
            chunk = next(self._chunks)
            if limit.running.pop(self, None) is None:
                limit.settle(self)
            if chunk.__class__ is not bytes and not isinstance(chunk, bytes):
                raise TypeError(f"the body consists of bytes, not of {type(chunk).__name__}")
        except StopIteration:
            self._leave()
            if self._left:
                self._cut(f"{self._left} bytes of its Content-Length are missing", None)
            raise
        except self._conforming.caught as error:
            self.fail(error)
            raise StopIteration from None
        if self._left is None and not self._no_body:
            self.sent_bytes += len(chunk)
            return chunk
        return self._fitting(chunk)

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
                    self._leave()
        except self._conforming.caught as error:
            self.say(f"error while the answer was closed\n{_trace(error)}")
        finally:
            limit.open.discard(self)

    # -- between the two

    def begin(self, result: Iterable[bytes]) -> None:
        """Take what the app has returned, as far as its first byte."""
        if result.__class__ is list or result.__class__ is tuple:
            self._leave()
            self._begin_whole(b"".join(result))
            return
        self._close = getattr(result, "close", None)
        self._chunks = iter(result)
        first = b""
        for first in self._chunks:
            if first:
                break
        self._leave()
        if first.__class__ is not bytes and not isinstance(first, bytes):
            raise TypeError(f"the body consists of bytes, not of {type(first).__name__}")
        if result.__class__ is FileWrapper:
            self._too_long = True  # it may have grown since its length was taken
        if not self.sent:
            self._send_head()
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
        bodyless = _statuses[status] if status in _statuses else _check_status(status)
        self._left, self._stream = None, False
        taken, special = [], False
        for name, value in headers:
            kind = _kinds.get(name)
            if kind is None:
                kind = _kind_of(name)
            if value.__class__ is not str or not (value.isascii() and value.isprintable()):
                _check_value(name, value)
            if kind:
                special = self._note(kind, value) or special
            taken.append((name, value))
        if special:
            taken = self._without_special(taken)
        self._no_body = bool(bodyless) or self.environ["REQUEST_METHOD"] == "HEAD"
        if self._no_body:
            self._left = None
            if bodyless == WITHOUT_LENGTH:
                taken = [pair for pair in taken if _kinds.get(pair[0]) != LENGTH]
        self._status, self._headers = status, taken

    def _note(self, kind: int, value: str) -> bool:
        """Note what a header says about the body. Return True when the headers need a second look."""
        if kind == TYPE:
            self._stream = _is_stream(value)
        elif kind == LENGTH and self._left is None and value.isdigit():
            self._left = int(value)
        else:
            return True
        return False

    def _without_special(self, headers: list[tuple[str, str]]) -> list[tuple[str, str]]:
        """Return the headers that may be sent: not those of the connection, one Content-Length, one word on buffering."""
        kept, self._left = [], None
        for name, value in headers:
            kind = _kind_of(name)
            if kind == HOP_BY_HOP:
                self._complain(name)
                continue
            if kind == LENGTH and not self._take_length(name, value):
                continue
            if kind == BUFFERING:
                self._stream = False
            kept.append((name, value))
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
        if not late:  # the time limit has written its stack already
            self.say(f"500, because of an error in the app\n{_trace(error)}")
        self._status, self._headers, self._stream = "", [], False
        status = "504 Gateway Timeout" if late else "500 Internal Server Error"
        self._take(status, [("Content-Type", "text/plain; charset=utf-8")])
        self._begin_whole(self.notice(status))

    def _cut(self, why: str, error: BaseException | None) -> None:
        """Break off an answer that would look whole to the client."""
        self._chunks = iter(())
        trace = f"\n{_trace(error)}" if error is not None else ""
        self.say(f"answer cut short: {why}{trace}")
        self._conforming.server.break_off(self.connection, ends_by_itself=self._left is not None)


class Input:
    """A request's body whose `readline` keeps to its size, which uWSGI's does not."""

    __slots__ = ("_raw", "_rest", "fileno")

    def __init__(self, raw: Any) -> None:
        self._raw = raw
        self._rest = b""
        """The end of a line whose beginning was read."""
        self.fileno = raw.fileno

    def read(self, size: int | None = -1) -> bytes:
        """Return so many bytes, all that is left by default."""
        wanted = -1 if size is None else size
        rest, self._rest = self._rest, b""
        if wanted < 0:
            return rest + bytes(self._raw.read())
        if len(rest) >= wanted:
            self._rest = rest[wanted:]
            return rest[:wanted]
        return rest + bytes(self._raw.read(wanted - len(rest)))

    def readline(self, size: int | None = -1) -> bytes:
        """Return a line, or as much of it as `size` says."""
        line = self._rest or bytes(self._raw.readline())
        wanted = len(line) if size is None or size < 0 else size
        self._rest = line[wanted:]
        return line[:wanted]

    def readlines(self, hint: int | None = None) -> list[bytes]:
        """Return all lines."""
        return list(self)

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.readline, b"")


class FileWrapper:
    """An iterator over an open file from its present position on.

    A pipe, a socket or a file in memory will do.
    """

    def __init__(self, filelike: Any, blksize: int = 8192) -> None:
        self._read = filelike.read
        self._size = max(blksize, BLOCK_BYTES) if _is_on_disk(filelike) else blksize
        self.filelike = filelike
        if hasattr(filelike, "close"):
            self.close = filelike.close

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        data: bytes = self._read(self._size)
        if data:
            return data
        raise StopIteration


def _is_on_disk(filelike: Any) -> bool:
    """Return True for a regular file, of which a large block costs no waiting."""
    try:
        return stat.S_ISREG(os.fstat(filelike.fileno()).st_mode)
    except (AttributeError, OSError, ValueError):
        return False


def _check_status(status: str) -> int:
    """Return whether an answer of this status has a body.

    Raise TypeError or ValueError for one that may not be sent.
    """
    if not isinstance(status, str):
        raise TypeError(f"the status is a str, not {type(status).__name__}")
    if not _STATUS.fullmatch(status):
        raise ValueError(f"refused: the status {status!r} is not valid")
    without_length = status[0] == "1" or status[:3] == "204"
    found = WITHOUT_LENGTH if without_length else WITHOUT_BODY if status[:3] == "304" else WITH_BODY
    if len(_statuses) < _MOST_KINDS:
        _statuses[status] = found
    return found


def _is_stream(media_type: str) -> bool:
    return media_type.lower().startswith(STREAMS)


def _kind_of(name: str) -> int:
    """Check the name of a header. Raise TypeError or ValueError for one that may not be sent."""
    if name in _kinds:
        return _kinds[name]
    if not isinstance(name, str):
        raise TypeError(f"the name of a header is a str, not {type(name).__name__}")
    if not _FIELD_NAME.fullmatch(name):
        raise ValueError(f"refused: the name of the header {name!r} is not valid")
    kind = SPECIAL.get(name.lower(), PLAIN)
    if len(_kinds) < _MOST_KINDS:
        _kinds[name] = kind
    return kind


def _check_value(name: str, value: str) -> None:
    """Raise TypeError or ValueError for a value that may not be sent; it may be a secret, so it is not shown."""
    if not isinstance(value, str):
        raise TypeError(f"the value of the header {name} is a str, not {type(value).__name__}")
    if not _VALUE.fullmatch(value):
        bad = next(character for character in value if not _VALUE.fullmatch(character))
        raise ValueError(f"refused: the value of the header {name} has the character {bad!r}")


def _trace(error: BaseException) -> str:
    return "".join(traceback.format_exception(type(error), error, error.__traceback__)).rstrip("\n")
