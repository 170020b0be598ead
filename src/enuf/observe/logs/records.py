"""The lines of all logs as records, each with its layer and time."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec
from msgspec.structs import replace

from enuf.inspect.error_log import parse_error_line
from enuf.inspect.log_tail import lines_of
from enuf.inspect.server_log import parse_app_line, parse_server_line, split_stamp
from enuf.syntax.access_log import parse_access_line
from enuf.system.files import open_regular

_REQUEST = re.compile(r"(?:\S{1,100} )?(?:\[[A-Z]+\] )?[A-Z]{1,20} (/\S*) ")
"""A line about a request: of the front with the visitor's address, of a server with or without its level."""
Layer = str
"""`front`, `server`, `app`, `enuf`, or the name of a process that runs beside the web app."""
LAYERS = ("front", "server", "app", "enuf")
_LAYER_OF = {
    "access": "front",
    "error": "front",
    "enuf": "enuf",
    "dashboard": "enuf",
    "slow": "enuf",
    "server": "server",
}

SHORT_READ_BYTES, READ_LIMIT_BYTES = 2**18, 16 * 2**20
"""Read from the end of one log at first; and at most, if that is not enough."""
CLOCK_SET_BACK_S = 60.0
"""A line whose time is so much earlier than that of the line before was written after the clock was set."""


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a log."""

    at: float
    """Seconds since the epoch; a line without a time has the time of the line before."""
    until: float | None = None
    """Where the line has no time: the latest time at which it can have been written."""
    layer: Layer
    text: str
    status: int | None = None
    seconds: float | None = None
    wait_s: float | None = None
    """The part of `seconds` before a thread took the request."""
    app_s: float | None = None
    """The part of `seconds` in which a thread worked on the request."""
    id: str | None = None


class RecordFilter(msgspec.Struct, frozen=True, kw_only=True):
    """A filter of records: a record matches if every given part does."""

    layer: str | None = None
    status: str | None = None
    """`404`, or a class: `5xx`."""
    slow_s: float | None = None
    id: str | None = None
    since: float | None = None
    until: float | None = None
    grep: str | None = None
    """A text that stands in the line, in any case."""
    path: str | None = None
    """The begin of the path of a request."""

    def matches(self, record: Record) -> bool:
        """Return True if the record passes the filter."""
        if self.layer is not None and record.layer != self.layer:
            return False
        if self.since is not None and max(record.at, record.until or 0.0) < self.since:
            return False
        if self.until is not None and record.at > self.until:
            return False
        if self.path is not None and not _asks_for(record, self.path):
            return False
        if self.status is not None and not _matches_status(record.status, self.status):
            return False
        if self.slow_s is not None and (record.seconds is None or record.seconds < self.slow_s):
            return False
        if self.grep is not None and self.grep.casefold() not in record.text.casefold():
            return False
        return self.id is None or self.id == record.id or self.id in record.text


def _asks_for(record: Record, path: str) -> bool:
    """Return True for a line about a request whose path begins with `path`."""
    found = _REQUEST.match(record.text) if record.layer in ("front", "server") else None
    return found is not None and found[1].startswith(path)


def is_status_pattern(text: str) -> bool:
    """Return True for what selects records by their status: `404`, or `5xx` for a class."""
    return re.fullmatch(r"[1-5xX][0-9xX]{2}", text) is not None


def _matches_status(status: int | None, pattern: str) -> bool:
    """Return True if the status is the pattern: `404`, or `5xx` for a class."""
    pattern = pattern.lower().replace("x", r"\d")
    return status is not None and re.fullmatch(pattern, str(status)) is not None


def layer_of(file: str) -> Layer:
    """Return the layer that writes a log file. server.log is shared with the app: its lines show which."""
    name = file.removesuffix(".log")
    return _LAYER_OF.get(name, name)


def layers_of(folder: Path) -> tuple[Layer, ...]:
    """Return the layers of a folder of logs: those of every stack, and a layer for each process beside the app."""
    beside = {log.stem for log in folder.glob("*.log")} - _LAYER_OF.keys()
    return (*LAYERS, *sorted(beside))


class LogParser:
    """A parser of one log, which may get the lines in several parts."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._layer = layer_of(file)
        self._last = 0.0
        """Time of the last line with a time."""
        self._announced: float | None = None
        """Time of the next line, a JSON object of the app."""

    def parse(self, lines: Iterable[str], written_at: float = 0.0) -> Iterator[Record]:
        """Parse the next lines. Lines in an unknown format are kept as plain text.

        The lines of a log stand in the order in which they were written. A line without a time has the time of
        the line before, and was written before the line after; at the end it has `written_at`, the time of the
        last write.
        """
        untimed: list[Record] = []
        for line in lines:
            if not line.strip():
                continue
            parsed = self._parsed(line.rstrip("\n"))
            if parsed is None:
                continue
            if parsed.at is None:
                untimed.append(parsed.record)
                continue
            at = self._in_order(parsed.at)
            yield from (replace(each, at=self._last or at, until=at) for each in untimed)
            untimed, self._last = [], at
            yield replace(parsed.record, at=at)
        at = max(self._last, written_at)
        yield from (replace(each, at=at) for each in untimed)

    def _in_order(self, at: float) -> float:
        """Return the time of a line, not before the line above: most writers know the second only."""
        return self._last if at < self._last <= at + CLOCK_SET_BACK_S else at

    def _parsed(self, line: str) -> _Parsed | None:
        """Parse one line; return None for the time of the next line."""
        if self._file == "access.log":
            return _access(line)
        if self._file == "server.log":
            return self._of_app(line, "app")
        if self._layer not in LAYERS:
            return self._of_app(line, self._layer)
        if error := parse_error_line(line):
            return _Parsed(error.at, Record(at=0.0, layer="front", text=error.text))
        stamped = split_stamp(line)
        if stamped:
            return _Parsed(stamped.at, Record(at=0.0, layer=self._layer, text=stamped.text))
        return _Parsed(None, Record(at=0.0, layer=self._layer, text=line))

    def _of_app(self, line: str, layer: Layer) -> _Parsed | None:
        """Parse a line of the app, or of a process beside it, whose lines have the same stamps; and of the app's server."""
        announced, self._announced = self._announced, None
        if announced is not None and line.startswith("{"):
            return _Parsed(announced, Record(at=0.0, layer=layer, text=line))
        if layer == "app" and (own := parse_server_line(line)):
            return _Parsed(own.at, Record(at=0.0, layer="server", text=own.text))
        stamped = parse_app_line(line, layer)
        if stamped is None:
            return _Parsed(None, Record(at=0.0, layer=layer, text=line))
        if stamped.text is None:
            self._announced = stamped.at
            return None
        return _Parsed(stamped.at, Record(at=0.0, layer=layer, text=stamped.text))


class _Parsed(NamedTuple):
    """A record whose time is not final, and the time that stands on its line."""

    at: float | None
    record: Record


def parse(file: str, lines: Iterable[str], written_at: float = 0.0) -> Iterator[Record]:
    """Parse the lines of one log; see LogParser."""
    return LogParser(file).parse(lines, written_at)


def _access(line: str) -> _Parsed:
    request = parse_access_line(line)
    if request is None:
        return _Parsed(None, Record(at=0.0, layer="front", text=line))
    text = f"{request.addr} {request.request} {request.status} {request.bytes} bytes {request.total_s:g} s id={request.id}"
    text += "".join(
        f" {name}={value}" for name, value in (("cache", request.cache), ("limit", request.limit)) if value
    )
    record = Record(
        at=0.0,
        layer="front",
        text=text,
        status=request.status,
        seconds=request.total_s,
        wait_s=request.wait_s,
        app_s=request.app_s,
        id=request.id,
    )
    return _Parsed(request.at, record)


def changed_at(file: Path) -> float:
    """Return the time of the last change of a file in seconds since the epoch; 0 if there is no file."""
    try:
        return file.stat().st_mtime
    except OSError:
        return 0.0


def whole_lines(file: Path, end: int | None, limit_bytes: int) -> list[str]:
    """Return the last whole lines of a file, at most `limit_bytes` of them.

    The lines are those before the offset `end`; None is the end of the file.
    """
    try:
        with open_regular(file) as opened:
            size = opened.seek(0, 2)
            end = size if end is None else min(end, size)
            start = max(0, end - limit_bytes)
            opened.seek(start)
            data = opened.read(end - start)
    except OSError:
        return []
    return lines_of(data.partition(b"\n")[2] if start else data)
