"""Errors of the app and the servers, collected from their logs: each traceback with its request's id."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import unquote

from msgspec.structs import replace

from enuf.inspect.error_log import error_message
from enuf.inspect.server_log import FailedRequest, parse_failed_request, server_error
from enuf.model.snapshot import ErrorRecord
from enuf.observe.logs.records import Record
from enuf.syntax.access_log import bounded_path

MOST_LINES = 80
MOST_UNNAMED = 20
LONGEST_LINE = 4096
"""Characters of a line before a traceback that are looked at."""
TRACEBACK = "Traceback (most recent call last):"
_ALSO = ("During handling of the above exception", "The above exception was the direct cause")
_EXCEPTION = re.compile(r"^[A-Za-z_][\w.]*(?:: .*)?$")
_SETTINGS = {
    "client intended to send too large": "413, larger than serve.max_body (--max-body)",
    "client sent too large header": "400, more than serve.max_header",
    "client sent too long header": "400, more than serve.max_header",
    "client sent too long URI": "414, longer than serve.max_header",
    "upstream timed out": "504, longer than serve.timeout (--timeout)",
}
"""The setting behind a message of nginx, by the message's beginning."""
_WORKER_GONE = re.compile(
    r"upstream prematurely closed connection while reading response header .*? request: \"(\S+ [^\s?\"]*)"
)
"""nginx's line about a request that was lost with its worker."""
_REQUEST = re.compile(r", request: \"(?P<method>[A-Z]{1,20}) (?P<path>/[^\s\"]*)")
_FLASK_HEAD = re.compile(r"Exception on (?P<path>.*) \[(?P<method>[A-Z]+)\]")


class ErrorCollector:
    """A collector of errors from the lines of logs; a traceback may arrive in several parts."""

    def __init__(self) -> None:
        self._traceback: list[str] = []
        """The lines of the traceback that has no last line yet."""
        self._before = ""
        self._unnamed: list[tuple[ErrorRecord, str]] = []
        """Tracebacks whose request is not known yet, each with the line before it."""

    def read(self, records: Iterable[Record]) -> list[ErrorRecord]:
        """Take in lines. Return the errors that they complete."""
        return [error for record in records for error in self._read_line(record)]

    def flush(self) -> list[ErrorRecord]:
        """Return the errors whose request is still unknown, without an id."""
        errors = [error for error, _ in self._unnamed]
        self._unnamed = []
        return errors

    def _read_line(self, record: Record) -> list[ErrorRecord]:
        if record.layer == "front":
            message = error_message(record.text)
            error = _error(record, explained_message(message)) if message is not None else None
            return [replace(error, request=_request_of(record.text))] if error else []
        if record.layer == "server":
            return self._read_server_line(record)
        return self._read_app_line(record) if record.layer == "app" else []

    def _read_app_line(self, record: Record) -> list[ErrorRecord]:
        text = record.text
        if self._begins_traceback(text):
            return []
        if not self._traceback:
            self._before = text[:LONGEST_LINE]
            return []
        if len(self._traceback) < MOST_LINES:
            self._traceback.append(text)
        is_last = not text.startswith((" ", "\t")) and _EXCEPTION.match(text)
        if not is_last:  # also the message of an exception has several lines, or another thread wrote
            return []
        traceback, self._traceback = "\n".join(self._traceback), []
        self._unnamed.append((_error(record, text, traceback), self._before))
        self._before = ""
        return [self._unnamed.pop(0)[0]] if len(self._unnamed) > MOST_UNNAMED else []

    def _begins_traceback(self, text: str) -> bool:
        """Begin a traceback, or continue the last one with its chained exception.

        Return True if the line did either.
        """
        if text.startswith(_ALSO) and self._unnamed and not self._traceback:
            error, self._before = self._unnamed.pop()
            self._traceback = [*error.traceback.split("\n"), text]
            return True
        if text.startswith(TRACEBACK) and not (self._traceback and self._traceback[-1].startswith(_ALSO)):
            self._traceback = [text]
            return True
        return False

    def _read_server_line(self, record: Record) -> list[ErrorRecord]:
        if failed := parse_failed_request(record.text):
            return self._name(failed)
        message = server_error(record.text)
        return [_error(record, message)] if message is not None else []

    def _name(self, failed: FailedRequest) -> list[ErrorRecord]:
        """Give the request's id to its traceback: the oldest one of such a request, or of an unknown one."""
        for number, (error, before) in enumerate(self._unnamed):
            head = _FLASK_HEAD.search(before)
            if head is None or (head["method"] == failed.method and _is_same_path(failed.path, head["path"])):
                del self._unnamed[number]
                return [replace(error, id=failed.id, request=f"{failed.method} {bounded_path(failed.path)}")]
        return []


def explained_message(message: str) -> str:
    """Return nginx's message in plain words, or with the setting that decides about it, where there is one."""
    if lost := _WORKER_GONE.match(message[:LONGEST_LINE]):
        return f"the worker that had {lost[1]} ended before it answered"
    setting = next((setting for words, setting in _SETTINGS.items() if message.startswith(words)), "")
    return f"{setting}; nginx says: {message}" if setting else message


def _request_of(text: str) -> str:
    """Return the request that a line of nginx's error log names, without its query; empty if the line names none."""
    match = _REQUEST.search(text[:LONGEST_LINE])
    return f"{match['method']} {bounded_path(match['path'])}" if match else ""


def _is_same_path(path: str, app_path: str) -> bool:
    """Return True if the app saw `path` as `app_path`: decoded, and without the app's prefix."""
    return unquote(path).endswith(app_path)


def _error(record: Record, text: str, traceback: str = "") -> ErrorRecord:
    return ErrorRecord(at=record.at, layer=record.layer, text=text[:500], traceback=traceback[:16_000])
