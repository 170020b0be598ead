"""Parsers of the lines of the server log: those of the servers, in the formats that enuf configures, and the app's."""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping

import msgspec

from enuf.model.numbers import decimal
from enuf.model.signals import signal_name
from enuf.model.worker_exit import ExitReason, exit_in_a_sentence, worker_named
from enuf.syntax.access_log import parse_timestamp
from enuf.syntax.worker_ends import GUNICORN_ENDS, UWSGI_ENDS

LONGEST_LINE = 4096
"""Characters of a line that are looked at."""
_UWSGI_STAMP = re.compile(r"^\[(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d{4})\](?: - | )?(.*)$")
_APP_STAMP = re.compile(r"^\[(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d{4})\](?: (.*))?$", re.DOTALL)
_STAMP = r"(?m)^\[\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d{4}\]"
_WRAPPER, APP_MARK = "enuf: ", "| "
_APP_STAMPS, _WRAPPER_STAMPS = re.compile(_STAMP + r"[ \n]"), re.compile(_STAMP + f" (?={_WRAPPER})")
_IN_JSON = re.compile(r'(?m)^\{"time":"[^"]{1,40}","layer":"app",.*$')
_AS_JSON = '{"time":"'
_FLASK_STAMP = re.compile(r'^\S{1,100} - - \[(\d\d)/([A-Z][a-z]{2})/(\d{4}) (\d\d:\d\d:\d\d)\] ".*')
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_TOOK = re.compile(r" after (\d{1,9}) ms in the app, worker \d+ id=\S*$")
_GUNICORN_STAMP = re.compile(r"^\[(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d) ([+-]\d{4})\] \[\d+\] (\[[A-Z]+\] .*)$")
_UWSGI_WITHOUT_STAMP = re.compile(
    r"^(?:\[uWSGI\] |\[strict-mode\] |uwsgi socket \d"
    r"|(?:[^\s()][^()]{0,1024}\([^()]{0,1024}\) ?)?\[0x[0-9a-f]{4,16}\]$"
    r"|\d{1,3} {1,9}\S{1,255} {1,255}0x[0-9a-f]{16} \S{1,1024} \+ \d{1,9}$)"  # a frame of the C stack of a worker that crashed
)
_FAILED_REQUEST = re.compile(
    r"^(?:\[ERROR\] )?(?P<method>[A-Z]+) (?P<uri>\S+) 5\d\d after .* id=(?P<id>\S{1,128})$"
)
_SERVER_ERROR = re.compile(r"(!!! .* !!!|.*listen queue.*full.*)")
_ALL_ENDS = (UWSGI_ENDS, GUNICORN_ENDS)
_LEVEL = r"(?:\[[A-Z]+\] )?"
_DIED = [re.compile(_LEVEL + ends.died) for ends in _ALL_ENDS]
_WORKER_LINES: list[tuple[re.Pattern[str], ExitReason, str]] = [
    *((re.compile(_LEVEL + ends.unstarted), "start", "") for ends in _ALL_ENDS),
    *((re.compile(_LEVEL + ends.overdue), "timeout", "") for ends in _ALL_ENDS),
    *(
        (re.compile(_LEVEL + text), "signal", name)
        for ends in _ALL_ENDS
        for name, text in ends.faulted.items()
    ),
]
"""Lines about a worker, each with its reason and the name of the signal."""


class ServerLine(msgspec.Struct, frozen=True):
    """One line that the server itself wrote, not the app."""

    at: float | None
    """Seconds since the epoch; None if the line has no time."""
    text: str
    """The line without its time."""


class AppLine(msgspec.Struct, frozen=True):
    """One line that the app wrote, with the time that enuf's wrapper has written before it."""

    at: float | None
    """Seconds since the epoch; None if the time cannot be read."""
    text: str | None
    """The line. None where it is the next line, a JSON object that stands as the app wrote it."""


class _JsonLine(msgspec.Struct, frozen=True):
    """A line of the app, or of a process beside the app, with `log.format = "json"`."""

    time: str
    layer: str
    message: str | None = None
    record: msgspec.Raw = msgspec.Raw()


class FailedRequest(msgspec.Struct, frozen=True):
    """The server's line about a request that the app answered with 5xx."""

    method: str
    path: str
    """The request target without its query, not decoded."""
    id: str


def split_stamp(line: str) -> ServerLine | None:
    """Split the time of uWSGI's and enuf's own lines from the text.

    Return None if the line does not begin with one.
    """
    match = _UWSGI_STAMP.match(line)
    return ServerLine(parse_timestamp(match[1]), match[2]) if match else None


def parse_app_line(line: str, layer: str = "app") -> AppLine | None:
    """Parse a line of the app, or of a process beside it by that name, that has a time.

    Return None for every other line: those of the server, and those that went past Python's streams.
    """
    if match := _APP_STAMP.match(line):
        return AppLine(parse_timestamp(match[1]), match[2])
    if not line.startswith(_AS_JSON):
        return None
    try:
        parsed = msgspec.json.decode(line, type=_JsonLine)
    except (msgspec.DecodeError, UnicodeEncodeError):
        return None
    if parsed.layer != layer:
        return None
    record = bytes(parsed.record).decode()
    return AppLine(parse_timestamp(parsed.time), record if parsed.message is None else parsed.message)


def without_stamps(text: str) -> str:
    """Return a part of the server log as the app wrote its lines: without the times before them."""
    return _APP_STAMPS.sub("", _IN_JSON.sub(lambda match: _text_of(match[0]), text))


def with_app_marked(text: str) -> str:
    """Return a part of the server log in which the app's lines begin with APP_MARK in place of their time.

    What a visitor made the app print is no line of the server then. Lines of the wrapper, `enuf: `, have no mark.
    """
    marked = _IN_JSON.sub(lambda match: _marked(_text_of(match[0])), text)
    return _APP_STAMPS.sub(APP_MARK, _WRAPPER_STAMPS.sub("", marked))


def _text_of(line: str) -> str:
    parsed = parse_app_line(line)
    return line if parsed is None or parsed.text is None else parsed.text


def _marked(line: str) -> str:
    return line if line.startswith(_WRAPPER) else APP_MARK + line


def parse_server_line(line: str) -> ServerLine | None:
    """Parse a line of the server log. Return None if the app wrote the line."""
    if stamped := split_stamp(line):
        return _when_written(stamped)
    if match := _GUNICORN_STAMP.match(line):
        day, clock, zone, text = match.groups()
        return ServerLine(parse_timestamp(f"{day}T{clock}{zone}"), text)
    if match := _FLASK_STAMP.match(line[:LONGEST_LINE]):
        return ServerLine(_local_time(*match.groups()), line)
    return ServerLine(None, line) if _UWSGI_WITHOUT_STAMP.match(line) else None


def _when_written(line: ServerLine) -> ServerLine:
    """Return uWSGI's line about a request with the time of its end: uWSGI writes that of its start."""
    took = _TOOK.search(line.text[-LONGEST_LINE:])
    if took is None or line.at is None:
        return line
    return ServerLine(line.at + int(took[1]) / 1000, line.text)


def _local_time(day: str, month: str, year: str, clock: str) -> float | None:
    """Return the time that Flask's development server writes: local, without a zone."""
    try:
        number = _MONTHS.index(month) + 1
        return datetime.datetime.fromisoformat(f"{year}-{number:02}-{day}T{clock}").astimezone().timestamp()
    except (ValueError, OverflowError):
        return None


def parse_failed_request(text: str) -> FailedRequest | None:
    """Parse the text of a server line about a request that ended with 5xx.

    Return None for every other line.
    """
    match = _FAILED_REQUEST.match(text[:LONGEST_LINE])
    return FailedRequest(match["method"], match["uri"].partition("?")[0], match["id"]) if match else None


def server_error(text: str) -> str | None:
    """Return what a line says about an error of the server, in plain words: a dead worker, a full queue.

    Return None for every other line.
    """
    line = text[:LONGEST_LINE]
    return _worker_error(line) or ((match := _SERVER_ERROR.match(line)) and match[1]) or None


def _worker_error(line: str) -> str:
    """Return what happened to a worker; empty for a line about something else."""
    for pattern in _DIED:
        if match := pattern.match(line):
            how = exit_in_words(match.groupdict())
            reason: ExitReason = "signal" if is_signal(how) else "exit"
            # Without a status, the time limit may have ended the worker as well as the app itself.
            return (
                exit_in_a_sentence(_worker_in(match), reason, how)
                if how
                else f"{_worker_in(match)} ended unasked"
            )
    for pattern, reason, how in _WORKER_LINES:
        if match := pattern.match(line):
            return exit_in_a_sentence(_worker_in(match), reason, how)
    return ""


def _worker_in(match: re.Match[str]) -> str:
    """Return the name of the worker that a line is about."""
    return worker_named(decimal(match.groupdict().get("worker") or "", 9) or 0)


def exit_in_words(fields: Mapping[str, str | None]) -> str:
    """Return the name of the signal, or `status N`, from the groups of `WorkerEnds.died`; empty where neither is known."""
    if number := fields.get("signal"):
        return signal_name(int(number))
    if name := fields.get("signal_name"):
        return f"SIG{name}"
    status = fields.get("status")
    return f"status {status}" if status else ""


def is_signal(how: str) -> bool:
    """Return True if the words of `exit_in_words` name a signal."""
    return how.startswith(("SIG", "signal "))
