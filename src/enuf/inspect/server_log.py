"""Parsers of the lines of uWSGI and gunicorn in the server log, in the formats that enuf configures."""

from __future__ import annotations

import re

import msgspec

from enuf.model.worker_exit import what_happened
from enuf.syntax.access_log import parse_timestamp
from enuf.system.process import signal_name

LONGEST_LINE = 4096
"""Characters of a line that are looked at."""
_UWSGI_STAMP = re.compile(r"^\[(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d{4})\](?: - | )?(.*)$")
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


def parse_server_line(line: str) -> ServerLine | None:
    """Parse a line of the server log. Return None if the app wrote the line."""
    if stamped := split_stamp(line):
        return stamped
    if match := _GUNICORN_STAMP.match(line):
        day, clock, zone, text = match.groups()
        return ServerLine(parse_timestamp(f"{day}T{clock}{zone}"), text)
    return ServerLine(None, line) if _UWSGI_WITHOUT_STAMP.match(line) else None


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
