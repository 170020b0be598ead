"""What went wrong in the app and the servers, from their logs: each traceback whole, with its request's id where that is told."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import unquote

from msgspec.structs import replace

from enuf.model.snapshot import ErrorRecord
from enuf.observe.logs.records import Record

MOST_LINES = 80
MOST_OPEN = 20
_BEGINS = "Traceback (most recent call last):"
_ALSO = ("During handling of the above exception", "The above exception was the direct cause")
LONGEST_LINE = 4096
"""What the app writes behind that in a line is not looked at."""
_EXCEPTION = re.compile(r"^[A-Za-z_][\w.]*(?:: .*)?$")
_ANSWERED = re.compile(
    r"^(?:\[ERROR\] )?(?P<method>[A-Z]+) (?P<uri>\S+) 5\d\d after .* id=(?P<id>[0-9a-f]{32})$"
)
_NAMED = re.compile(r"Exception on (?P<path>.*) \[(?P<method>[A-Z]+)\]")
_FRONT = re.compile(r"^\[(?:error|crit|alert|emerg)\] \d+#\d+: (?:\*\d+ )?(.*)")
_SERVER = re.compile(
    r"(DAMN ! worker \d+ .*|!!! .* !!!|.*listen queue.*full.*"
    r"|\[[A-Z]+\] (?:WORKER TIMEOUT|Worker \S+ was sent SIG(?:KILL|ABRT|SEGV|BUS)).*)"
)


class ErrorCollector:
    """Reads the logs' lines as they come; a traceback may come in two parts."""

    def __init__(self) -> None:
        self._open: list[str] = []
        self._before = ""
        self._waiting: list[tuple[ErrorRecord, str]] = []
        """Tracebacks whose request was not named yet, with the line before each."""

    def read(self, records: Iterable[Record]) -> list[ErrorRecord]:
        """The errors that these lines complete."""
        found: list[ErrorRecord] = []
        for record in records:
            found += self._line(record)
        return found

    def flush(self) -> list[ErrorRecord]:
        """Those that still wait for the line that names their request: it will not come any more."""
        found = [error for error, _ in self._waiting]
        self._waiting = []
        return found

    def _line(self, record: Record) -> list[ErrorRecord]:
        if record.layer == "front":
            found = _FRONT.match(record.text)
            return [_error(record, found.group(1))] if found else []
        if record.layer == "server":
            return self._server_line(record)
        return self._app_line(record) if record.layer == "app" else []

    def _app_line(self, record: Record) -> list[ErrorRecord]:
        text = record.text
        if text.startswith(_ALSO) and self._waiting and not self._open:
            error, self._before = self._waiting.pop()
            self._open = [*error.traceback.split("\n"), text]
            return []
        if text.startswith(_BEGINS) and not (self._open and self._open[-1].startswith(_ALSO)):
            self._open = [text]
            return []
        if not self._open:
            self._before = text[:LONGEST_LINE]
            return []
        if len(self._open) < MOST_LINES:
            self._open.append(text)
        if text.startswith((" ", "\t")) or not text:
            return []
        if not _EXCEPTION.match(
            text
        ):  # the message of an exception has several lines, or another thread spoke
            return []
        traceback, self._open = "\n".join(self._open), []
        self._waiting.append((_error(record, text, traceback), self._before))
        self._before = ""
        return [self._waiting.pop(0)[0]] if len(self._waiting) > MOST_OPEN else []

    def _server_line(self, record: Record) -> list[ErrorRecord]:
        text = record.text[:LONGEST_LINE]
        if answered := _ANSWERED.match(text):
            return self._named(
                record.at, answered["method"], answered["uri"].partition("?")[0], answered["id"]
            )
        found = _SERVER.match(text)
        return [_error(record, found.group(1))] if found else []

    def _named(self, at: float, method: str, path: str, request_id: str) -> list[ErrorRecord]:
        """The line about the answer comes right after the traceback: the first one of such a request, else the oldest."""
        for number, (error, before) in enumerate(self._waiting):
            named = _NAMED.search(before)
            if named is None or (named["method"] == method and _is_below(path, named["path"])):
                del self._waiting[number]
                return [replace(error, id=request_id, at=at)]
        return []


def _is_below(address: str, path: str) -> bool:
    """True for the path that the app saw of this address: decoded, and without the prefix that it is mounted at."""
    return unquote(address).endswith(path)


def _error(record: Record, text: str, traceback: str = "") -> ErrorRecord:
    return ErrorRecord(at=record.at, layer=record.layer, text=text[:500], traceback=traceback[:16_000])
