"""The reply to an HTTP request, read from its bytes; apart from what sends requests, which loads asyncio."""

from __future__ import annotations

import msgspec

from enuf.model.numbers import decimal


class Reply(msgspec.Struct, frozen=True):
    """A reply: its status, the first header of each name (lower case) and the beginning of its body."""

    status: int
    headers: dict[str, str]
    body: bytes


class NoReply(Exception):
    """The failure of a request: no connection, an early end, or a reply that is not HTTP."""


def parse_reply(raw: bytes) -> Reply:
    """Parse the bytes of a reply. Raise NoReply."""
    head, separator, body = raw.partition(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    words = lines[0].split(" ", 2)
    status = decimal(words[1], 3) if len(words) > 1 else None
    if not separator or status is None or not words[0].startswith("HTTP/"):
        raise NoReply("the connection was closed without an answer" if not raw else "the answer was not HTTP")
    headers: dict[str, str] = {}
    for line in lines[1:]:
        name, _, value = line.partition(":")
        headers.setdefault(name.strip().lower(), value.strip())
    return Reply(status, headers, body)
