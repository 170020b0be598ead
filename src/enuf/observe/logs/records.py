"""The logs of all layers as one stream of labelled records."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Literal

import msgspec

from enuf.syntax.access_log import parse_access_line, parse_timestamp
from enuf.system.files import open_regular

Layer = Literal["front", "server", "app", "enuf"]

SHORT_LOOK_BYTES, READ_LIMIT_BYTES = 2**18, 16 * 2**20
"""Of one log, a short look takes the end; at most its last 16 MB are looked at."""

_OWN_STAMP = re.compile(r"^\[(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d{4})\](?: - | )?(.*)$")
_GUNICORNS_STAMP = re.compile(r"^\[(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d) ([+-]\d{4})\] \[\d+\] (\[[A-Z]+\] .*)$")
_UWSGI_BEFORE_ITS_STAMP = re.compile(r"^(?:\[uWSGI\] |\[strict-mode\] |uwsgi socket \d)")
_NGINX_ERROR = re.compile(r"^(\d{4})/(\d\d)/(\d\d) (\d\d:\d\d:\d\d) (.*)$")


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a log."""

    at: float
    """Seconds since the epoch; a line without a time of its own has that of the line before it."""
    layer: Layer
    text: str
    status: int | None = None
    seconds: float | None = None
    wait_s: float | None = None
    """The part of them in which no thread had taken the request."""
    app_s: float | None = None
    """The part in which a thread worked on it."""
    id: str | None = None


class RecordFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which records somebody wants to see; every part that is given must hold."""

    layer: str | None = None
    status: str | None = None
    """`404`, or a class: `5xx`."""
    slow_s: float | None = None
    id: str | None = None
    since: float | None = None

    def matches(self, record: Record) -> bool:
        """True for a record that is wanted."""
        if self.layer is not None and record.layer != self.layer:
            return False
        if self.since is not None and record.at < self.since:
            return False
        if self.status is not None and not _matches_status(record.status, self.status):
            return False
        if self.slow_s is not None and (record.seconds is None or record.seconds < self.slow_s):
            return False
        return self.id is None or self.id == record.id or self.id in record.text


def _matches_status(status: int | None, wanted: str) -> bool:
    pattern = wanted.lower().replace("x", r"\d")
    return status is not None and re.fullmatch(pattern, str(status)) is not None


def layer_of(file: str) -> Layer:
    """The layer that writes a log file; server.log is shared, its lines tell."""
    return {
        "access.log": "front",
        "error.log": "front",
        "enuf.log": "enuf",
        "dashboard.log": "enuf",
        "slow.log": "enuf",
    }.get(file, "server")  # type: ignore[return-value]


def parse(file: str, lines: Iterable[str], start_at: float = 0.0) -> Iterator[Record]:
    """The records of one log's lines; what is not understood is kept as plain text.

    A line without a time has that of the line before it; the first ones have that of the first line with a time,
    or `start_at` where there is none.
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
    if file == "access.log":
        return _access(line, before)
    if found := _NGINX_ERROR.match(line):
        year, month, day, clock, text = found.groups()
        return Record(at=_local(f"{year}-{month}-{day}T{clock}", before), layer="front", text=text)
    if found := _OWN_STAMP.match(line):
        return Record(at=parse_timestamp(found.group(1)) or before, layer=layer_of(file), text=found.group(2))
    if file == "server.log" and (found := _GUNICORNS_STAMP.match(line)):
        day, clock, zone, text = found.groups()
        return Record(at=parse_timestamp(f"{day}T{clock}{zone}") or before, layer="server", text=text)
    is_apps = file == "server.log" and not _UWSGI_BEFORE_ITS_STAMP.match(line)
    return Record(at=before, layer="app" if is_apps else layer_of(file), text=line)


def _access(line: str, before: float) -> Record:
    found = parse_access_line(line)
    if found is None:
        return Record(at=before, layer="front", text=line)
    text = (
        f"{found.addr} {found.request} {found.status} {found.bytes} bytes {found.total_s:g} s id={found.id}"
    )
    return Record(
        at=found.at or before,
        layer="front",
        text=text,
        status=found.status,
        seconds=found.total_s,
        wait_s=found.wait_s,
        app_s=found.app_s,
        id=found.id,
    )


def _local(text: str, before: float) -> float:
    try:
        return datetime.datetime.fromisoformat(text).astimezone().timestamp()
    except ValueError:
        return before


def read_last(
    folder: Path, wanted: RecordFilter, count: int, ends: Mapping[Path, int] | None = None
) -> list[Record]:
    """The last `count` records that are wanted, from all logs and their latest rotated ones, in the order of time.

    `ends` are the sizes of the logs at an earlier moment: what came later is left out.
    """
    chosen: list[Record] = []
    for limit_bytes in (SHORT_LOOK_BYTES, READ_LIMIT_BYTES):
        chosen = [record for record in _read(folder, ends or {}, limit_bytes) if wanted.matches(record)]
        if len(chosen) >= count:
            break
    return chosen[-count:]


def _read(folder: Path, ends: Mapping[Path, int], limit_bytes: int) -> list[Record]:
    records: list[Record] = []
    for log in sorted(folder.glob("*.log")):
        records += read_log(log, ends, limit_bytes)
    return sorted(records, key=lambda record: record.at)


def read_log(log: Path, ends: Mapping[Path, int], limit_bytes: int) -> list[Record]:
    """The records of one log and of the latest one that was set aside, in the order in which they were written."""
    records: list[Record] = []
    for file in (rotated(log), log):
        lines = _whole_lines(file, ends.get(file), limit_bytes)
        records += parse(log.name, lines, changed_at(file))
    return records


def rotated(log: Path) -> Path:
    """The last one that was set aside."""
    return log.with_name(f"{log.name}.1")


def changed_at(file: Path) -> float:
    try:
        return file.stat().st_mtime
    except OSError:
        return 0.0


def _whole_lines(file: Path, end: int | None, limit_bytes: int) -> list[str]:
    """The last lines before the offset `end`, at most so many bytes of them."""
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


def lines_of(data: bytes) -> list[str]:
    """The lines as their writers ended them: what else Unicode calls the end of a line may come from a visitor."""
    return [line.removesuffix("\r") for line in data.decode("utf-8", "replace").split("\n") if line]
