"""The lines of all logs as one stream of records, each with its layer and time."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Literal

import msgspec

from enuf.inspect.error_log import parse_error_line
from enuf.inspect.log_tail import lines_of, rotated
from enuf.inspect.server_log import parse_server_line, split_stamp
from enuf.syntax.access_log import parse_access_line
from enuf.system.files import open_regular

Layer = Literal["front", "server", "app", "enuf"]

SHORT_READ_BYTES, READ_LIMIT_BYTES = 2**18, 16 * 2**20
"""Read from the end of one log at first; and at most, if that is not enough."""


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a log."""

    at: float
    """Seconds since the epoch; a line without a time has the time of the line before."""
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

    def matches(self, record: Record) -> bool:
        """Return True if the record passes the filter."""
        if self.layer is not None and record.layer != self.layer:
            return False
        if self.since is not None and record.at < self.since:
            return False
        if self.status is not None and not _matches_status(record.status, self.status):
            return False
        if self.slow_s is not None and (record.seconds is None or record.seconds < self.slow_s):
            return False
        return self.id is None or self.id == record.id or self.id in record.text


def _matches_status(status: int | None, pattern: str) -> bool:
    """Return True if the status is the pattern: `404`, or `5xx` for a class."""
    pattern = pattern.lower().replace("x", r"\d")
    return status is not None and re.fullmatch(pattern, str(status)) is not None


def layer_of(file: str) -> Layer:
    """Return the layer that writes a log file. server.log is shared with the app: its lines show which."""
    return {
        "access.log": "front",
        "error.log": "front",
        "enuf.log": "enuf",
        "dashboard.log": "enuf",
        "slow.log": "enuf",
    }.get(file, "server")  # type: ignore[return-value]


def parse(file: str, lines: Iterable[str], start_at: float = 0.0) -> Iterator[Record]:
    """Parse the lines of one log.

    Lines in an unknown format are kept as plain text.

    A line without a time has the time of the line before. The first ones have the time of the first line with
    one, or `start_at` if there is none.
    """
    at, early = 0.0, list[Record]()
    for line in lines:
        if not line.strip():
            continue
        record = _record(file, line.rstrip("\n"), at or start_at)
        if not at and record.at == start_at:
            early.append(record)
            continue
        if early:
            yield from (msgspec.structs.replace(each, at=record.at) for each in early)
            early = []
        at = record.at
        yield record
    yield from early


def _record(file: str, line: str, before: float) -> Record:
    """Parse one line. `before` is the time of the line before, for lines without a time."""
    if file == "access.log":
        return _access(line, before)
    if error := parse_error_line(line):
        return Record(at=error.at or before, layer="front", text=error.text)
    if file == "server.log":
        own = parse_server_line(line)
        return Record(
            at=(own and own.at) or before, layer="server" if own else "app", text=own.text if own else line
        )
    stamped = split_stamp(line)
    if stamped:
        return Record(at=stamped.at or before, layer=layer_of(file), text=stamped.text)
    return Record(at=before, layer=layer_of(file), text=line)


def _access(line: str, before: float) -> Record:
    request = parse_access_line(line)
    if request is None:
        return Record(at=before, layer="front", text=line)
    text = f"{request.addr} {request.request} {request.status} {request.bytes} bytes {request.total_s:g} s id={request.id}"
    text += "".join(
        f" {name}={value}" for name, value in (("cache", request.cache), ("limit", request.limit)) if value
    )
    return Record(
        at=request.at or before,
        layer="front",
        text=text,
        status=request.status,
        seconds=request.total_s,
        wait_s=request.wait_s,
        app_s=request.app_s,
        id=request.id,
    )


def read_last(
    folder: Path, record_filter: RecordFilter, count: int, ends: Mapping[Path, int] | None = None
) -> list[Record]:
    """Return the last `count` matching records of all logs and their latest rotated files, ordered by time.

    `ends` are the sizes of the logs at an earlier moment: lines after them are left out.
    """
    chosen: list[Record] = []
    for limit_bytes in (SHORT_READ_BYTES, READ_LIMIT_BYTES):
        chosen = [
            record for record in _read(folder, ends or {}, limit_bytes) if record_filter.matches(record)
        ]
        if len(chosen) >= count:
            break
    return chosen[-count:]


def _read(folder: Path, ends: Mapping[Path, int], limit_bytes: int) -> list[Record]:
    records: list[Record] = []
    for log in sorted(folder.glob("*.log")):
        records += read_log(log, ends, limit_bytes)
    return sorted(records, key=lambda record: record.at)


def read_log(log: Path, ends: Mapping[Path, int], limit_bytes: int) -> list[Record]:
    """Return the records of one log and of its latest rotated file, in the order of their lines."""
    records: list[Record] = []
    for file in (rotated(log), log):
        lines = whole_lines(file, ends.get(file), limit_bytes)
        records += parse(log.name, lines, changed_at(file))
    return records


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
