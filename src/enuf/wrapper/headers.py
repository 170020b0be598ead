"""Status and headers of an answer: which of them may be sent, and what they say about the body."""

from __future__ import annotations

import re

WITH_BODY, WITHOUT_BODY, WITHOUT_LENGTH = range(3)
PLAIN, LENGTH, TYPE, BUFFERING, HOP_BY_HOP, DELIVERY, VARY, VALIDATOR = range(8)
SPECIAL = {
    "content-length": LENGTH,
    "content-type": TYPE,
    "x-accel-buffering": BUFFERING,
    "x-accel-redirect": DELIVERY,
    "x-sendfile": DELIVERY,
    "vary": VARY,
    "etag": VALIDATOR,
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
_STATUS = re.compile(r"[1-9][0-9][0-9]( [\t\x20-\x7e\x80-\xff]*)?")
_FIELD_NAME = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")
_MOST_KINDS = 1000

kinds: dict[str, int] = {}
"""Names of headers that were checked already, and what is special about each."""
statuses: dict[str, int] = {}
"""Statuses that were checked already, and whether their answer has a body."""
streams: dict[str, bool] = {}
"""Types that were looked at already, and whether they are streams."""


def check_status(status: str) -> int:
    """Return whether an answer of this status has a body.

    Raise TypeError or ValueError for one that may not be sent.
    """
    if not isinstance(status, str):
        raise TypeError(f"the status is a str, not {type(status).__name__}")
    if not _STATUS.fullmatch(status):
        raise ValueError(f"refused: the status {status!r} is not valid")
    if status[0] == "1":
        raise ValueError(f"refused: the status {status!r} announces an answer and is none")
    without_length = status[:3] == "204"
    found = WITHOUT_LENGTH if without_length else WITHOUT_BODY if status[:3] == "304" else WITH_BODY
    if len(statuses) < _MOST_KINDS:
        statuses[status] = found
    return found


def is_stream(media_type: str) -> bool:
    """Return True for the type of an answer whose parts are read as they come."""
    found = media_type.lower().startswith(STREAMS)
    if len(streams) < _MOST_KINDS:
        streams[media_type] = found
    return found


def header_kind(name: str) -> int:
    """Check the name of a header. Raise TypeError or ValueError for one that may not be sent."""
    if name in kinds:
        return kinds[name]
    if not isinstance(name, str):
        raise TypeError(f"the name of a header is a str, not {type(name).__name__}")
    if not _FIELD_NAME.fullmatch(name):
        raise ValueError(f"refused: the name of the header {name!r} is not valid")
    kind = SPECIAL.get(name.lower(), PLAIN)
    if len(kinds) < _MOST_KINDS:
        kinds[name] = kind
    return kind


def with_one_vary(headers: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return the headers with one Vary for all: of several, older versions of nginx obey the last one alone when they keep a page.

    A `*` among names stands alone, or nginx takes it for the name of a header.
    """
    said = [part.strip() for name, value in headers if header_kind(name) == VARY for part in value.split(",")]
    if not said:
        return headers
    value = "*" if "*" in said else ", ".join(dict.fromkeys(filter(None, said)))
    return [*(pair for pair in headers if header_kind(pair[0]) != VARY), ("Vary", value)]


def with_strong_etag(headers: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return the headers with a mark that keeps nginx from compressing an answer whose ETag is strong.

    A compressed answer has other bytes, so nginx makes its ETag weak (`W/"v1"`), and a client that sends a weak ETag back as
    If-Match or If-Range is turned away by HTTP's own rules. nginx never compresses an answer that has a Content-Encoding (F275).
    """
    is_strong = any(header_kind(name) == VALIDATOR and value[:1] == '"' for name, value in headers)
    if not is_strong or any(name.lower() == "content-encoding" for name, _ in headers):
        return headers
    return [*headers, ("Content-Encoding", "identity")]


def check_value(name: str, value: str) -> None:
    """Raise TypeError or ValueError for a value that may not be sent; it may be a secret, so it is not shown."""
    if not isinstance(value, str):
        raise TypeError(f"the value of the header {name} is a str, not {type(value).__name__}")
    if not _VALUE.fullmatch(value):
        bad = next(character for character in value if not _VALUE.fullmatch(character))
        raise ValueError(f"refused: the value of the header {name} has the character {bad!r}")
