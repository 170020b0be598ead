"""Parsers of the lines of the server log: those of the servers, in the formats that enuf configures, and the app's."""

from __future__ import annotations

import datetime
import re

import msgspec

from enuf.model.worker_exit import what_happened
from enuf.syntax.access_log import parse_timestamp
from enuf.system.process import signal_name

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
_UWSGI_WITHOUT_STAMP = re.compile(r"^(?:\[uWSGI\] |\[strict-mode\] |uwsgi socket \d)")
_FAILED_REQUEST = re.compile(
    r"^(?:\[ERROR\] )?(?P<method>[A-Z]+) (?P<uri>\S+) 5\d\d after .* id=(?P<id>\S{1,128})$"
)
_SERVER_ERROR = re.compile(r"(!!! .* !!!|.*listen queue.*full.*)")
_WORKER_DIED = re.compile(
    r"DAMN ! worker (\d{1,9}) \(pid: \d{1,9}\) (?:died|MIST)(?:[^:]*killed by signal (\d{1,3}))? :\("
)
_UWSGI_FAULT = re.compile(r"!!! uWSGI process \d{1,9} got Segmentation Fault !!!")
_WORKER_UNSTARTED = re.compile(r"OOPS ! failed loading app in worker (\d{1,9}) ")
_GUNICORN_TIMEOUT = re.compile(r"\[[A-Z]+\] WORKER TIMEOUT \(pid:\d{1,9}\)")
_GUNICORN_DIED = re.compile(
    r"\[[A-Z]+\] Worker \(pid:\d{1,9}\) (?:was sent SIG(?P<signal>KILL|ABRT|SEGV|BUS|ILL|FPE)|exited with code (?P<status>[1-9]\d{0,2}))"
)


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
    if match := _WORKER_DIED.match(line):
        how = what_happened("signal", signal_name(int(match[2]))) if match[2] else "ended unasked"
        return f"worker {match[1]} {how}"
    if _UWSGI_FAULT.match(line):
        return f"a worker {what_happened('signal', 'SIGSEGV')}"
    if match := _WORKER_UNSTARTED.match(line):
        return f"worker {match[1]} {what_happened('start', '')}"
    if _GUNICORN_TIMEOUT.match(line):
        return f"a worker {what_happened('timeout', '')}"
    if match := _GUNICORN_DIED.match(line):
        if match["signal"]:
            return f"a worker {what_happened('signal', 'SIG' + match['signal'])}"
        return f"a worker {what_happened('exit', 'status ' + match['status'])}"
    return ""
