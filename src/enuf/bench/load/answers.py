"""The answers of one connection, cut out of the bytes that arrive."""

from __future__ import annotations

import re

import msgspec

_LENGTH = re.compile(rb"(?i)\r\ncontent-length:[ \t]*(\d{1,15})")
_CHUNKED = re.compile(rb"(?i)\r\ntransfer-encoding:[ \t]*chunked")
_CLOSES = re.compile(rb"(?i)\r\nconnection:[ \t]*close")
_LAST_CHUNK = b"\r\n0\r\n\r\n"


class HttpAnswer(msgspec.Struct, frozen=True):
    """One whole answer."""

    status: int
    body: bytes
    closes: bool
    """True where the server closes the connection after it."""


class Broken(Exception):
    """The failure of an answer that is no HTTP, or ends before its end."""


class AnswerReader:
    """Collects the bytes of one answer at a time."""

    def __init__(self) -> None:
        self._bytes = bytearray()
        self._body_at = 0
        self._length: int | None = None
        self._is_chunked = False

    @property
    def has_begun(self) -> bool:
        """Return True once a byte of the next answer has arrived."""
        return bool(self._bytes)

    def add(self, data: bytes) -> HttpAnswer | None:
        """Add bytes, and return the answer that they complete. Raise Broken."""
        self._bytes += data
        if not self._body_at and not self._read_head():
            return None
        if self._is_chunked:
            # A body of chunks that holds this mark would be cut short there; the answers here hold no such bytes.
            return self._whole() if self._bytes.endswith(_LAST_CHUNK, self._body_at - 2) else None
        if self._length is None or len(self._bytes) - self._body_at < self._length:
            return None
        return self._whole()

    def end(self) -> HttpAnswer | None:
        """Return the answer whose end is the end of the connection; None without one. Raise Broken."""
        if not self._bytes:
            return None
        if not self._body_at or self._is_chunked or self._length is not None:
            raise Broken("answer cut short")
        return self._whole()

    def _read_head(self) -> bool:
        end = self._bytes.find(b"\r\n\r\n")
        if end < 0:
            return False
        head = self._bytes[:end]
        if not head.startswith(b"HTTP/1.") or not head[9:12].isdigit():
            raise Broken("no HTTP")
        self._body_at = end + 4
        found = _LENGTH.search(head)
        self._is_chunked = not found and bool(_CHUNKED.search(head))
        without_body = bytes(head[9:12]) in (b"204", b"304")
        self._length = 0 if without_body else int(found.group(1)) if found else None
        return True

    def _whole(self) -> HttpAnswer:
        """Return the answer, and begin anew."""
        head = bytes(self._bytes[: self._body_at])
        closes = bool(_CLOSES.search(head)) or (self._length is None and not self._is_chunked)
        closes = closes or head.startswith(b"HTTP/1.0")
        answer = HttpAnswer(int(head[9:12]), bytes(self._bytes[self._body_at :]), closes)
        self._bytes.clear()
        self._body_at, self._length, self._is_chunked = 0, None, False
        return answer
