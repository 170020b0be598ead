"""A parser of the lines of nginx's error log."""

from __future__ import annotations

import datetime
import re

import msgspec

_STAMPED = re.compile(r"^(\d{4})/(\d\d)/(\d\d) (\d\d:\d\d:\d\d) (\[[a-z]+\] \d+#\d+: .*)$")
_ERROR = re.compile(r"^\[(?:error|crit|alert|emerg)\] \d+#\d+: (?:\*\d+ )?(.*)")


class ErrorLine(msgspec.Struct, frozen=True):
    """One line of nginx's error log, split."""

    at: float | None
    """Seconds since the epoch; nginx writes local time without a zone. None if there is no such time."""
    text: str
    """The line without its time: `[error] 12#12: *1 connect() failed`."""


def parse_error_line(line: str) -> ErrorLine | None:
    """Split a line of nginx's error log. Return None if the line has another format."""
    match = _STAMPED.match(line)
    if match is None:
        return None
    year, month, day, clock, text = match.groups()
    return ErrorLine(_local_time(f"{year}-{month}-{day}T{clock}"), text)


def error_message(text: str) -> str | None:
    """Return the message of a line without its time, if its level is `error` or above; else None."""
    match = _ERROR.match(text)
    return match[1] if match else None


def _local_time(text: str) -> float | None:
    try:
        return datetime.datetime.fromisoformat(text).astimezone().timestamp()
    except (ValueError, OverflowError):
        return None
