"""The logs of all layers as one stream of labelled records."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Literal

import msgspec

Layer = Literal["front", "server", "app", "enuf"]

READ_LIMIT_BYTES = 16 * 2**20
"""Of one log, at most its last 16 MB are looked at."""

_OWN_STAMP = re.compile(r"^\[(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d{4})\](?: - | )?(.*)$")
_ACCESS = re.compile(
    r'^(?P<addr>\S+) \[(?P<time>[^\]]+)\] "(?P<request>[^"]*)" (?P<status>\d{3}) (?P<bytes>\d+) '
    r"time=(?P<seconds>[\d.]+) connect=(?P<connect>\S+) header=(?P<header>\S+) app=(?P<app>\S+) id=(?P<id>[0-9a-f]{0,32}) "
)
_NGINX_ERROR = re.compile(r"^(\d{4})/(\d\d)/(\d\d) (\d\d:\d\d:\d\d) (.*)$")


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a log."""

    at: float
    """Seconds since the epoch; a line without a time of its own has that of the line before it."""
    layer: Layer
    text: str
    status: int | None = None
    seconds: float | None = None
    id: str | None = None


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """Which records somebody wants to see; every part that is given must hold."""

    layer: str | None = None
    status: str | None = None
    """`404`, or a class: `5xx`."""
    slow_s: float | None = None
    id: str | None = None
    since: float | None = None

    def takes(self, record: Record) -> bool:
        """True for a record that is wanted."""
        if self.layer is not None and record.layer != self.layer:
            return False
        if self.since is not None and record.at < self.since:
            return False
        if self.status is not None and not _matches_status(record.status, self.status):
            return False
        if self.slow_s is not None and (record.seconds is None or record.seconds < self.slow_s):
            return False
        return self.id is None or self.id in (record.id, None) or self.id in record.text


def _matches_status(status: int | None, wanted: str) -> bool:
    pattern = wanted.lower().replace("x", r"\d")
    return status is not None and re.fullmatch(pattern, str(status)) is not None


def layer_of(file: str) -> Layer:
    """The layer that writes a log file; server.log is shared, its lines tell."""
    return {"access.log": "front", "error.log": "front", "enuf.log": "enuf"}.get(file, "server")  # type: ignore[return-value]


def parse(file: str, lines: Iterable[str], start_at: float = 0.0) -> Iterator[Record]:
    """The records of one log's lines; what is not understood is kept as plain text."""
    at = start_at
    for line in lines:
        if not line.strip():
            continue
        record = _record(file, line.rstrip("\n"), at)
        at = record.at
        yield record


def _record(file: str, line: str, before: float) -> Record:
    if file == "access.log":
        return _access(line, before)
    if found := _NGINX_ERROR.match(line):
        year, month, day, clock, text = found.groups()
        return Record(at=_local(f"{year}-{month}-{day}T{clock}", before), layer="front", text=text)
    if found := _OWN_STAMP.match(line):
        return Record(at=_stamp(found.group(1), before), layer=layer_of(file), text=found.group(2))
    return Record(at=before, layer="app" if file == "server.log" else layer_of(file), text=line)


class _JsonLine(msgspec.Struct):
    addr: str
    time: str
    request: str
    status: int
    bytes: int
    seconds: float
    app: str = ""
    id: str = ""


def _access(line: str, before: float) -> Record:
    if line.startswith("{"):
        try:
            found = msgspec.json.decode(line, type=_JsonLine)
        except msgspec.DecodeError:
            return Record(at=before, layer="front", text=line)
        text = f"{found.addr} {found.request} {found.status} {found.bytes} bytes {found.seconds:g} s id={found.id}"
        return Record(
            at=_stamp(found.time, before),
            layer="front",
            text=text,
            status=found.status,
            seconds=found.seconds,
            id=found.id,
        )
    match = _ACCESS.match(line)
    if match is None:
        return Record(at=before, layer="front", text=line)
    seconds = float(match["seconds"])
    text = f"{match['addr']} {match['request']} {match['status']} {match['bytes']} bytes {seconds:g} s id={match['id']}"
    return Record(
        at=_stamp(match["time"], before),
        layer="front",
        text=text,
        status=int(match["status"]),
        seconds=seconds,
        id=match["id"],
    )


def _stamp(text: str, before: float) -> float:
    try:
        return datetime.datetime.fromisoformat(text).timestamp()
    except ValueError:
        return before


def _local(text: str, before: float) -> float:
    try:
        return datetime.datetime.fromisoformat(text).astimezone().timestamp()
    except ValueError:
        return before


def read_all(folder: Path, *, rotated: bool = False) -> list[Record]:
    """The records of every log in the folder, in the order of time."""
    records: list[Record] = []
    for log in sorted(folder.glob("*.log")):
        older = [Path(f"{log}.1")] if rotated else []
        for file in (*older, log):
            records += parse(log.name, _lines(file))
    return sorted(records, key=lambda record: record.at)


def _lines(file: Path) -> list[str]:
    try:
        with file.open("rb") as opened:
            size = opened.seek(0, 2)
            opened.seek(max(0, size - READ_LIMIT_BYTES))
            return opened.read(READ_LIMIT_BYTES).decode("utf-8", "replace").splitlines()
    except OSError:
        return []


class Tail:
    """What is added to the logs of a folder since the last look, also across a rotation."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._seen: dict[Path, tuple[int, int]] = {}
        self._last: dict[Path, float] = {}
        for log in folder.glob("*.log"):
            self._seen[log] = self._mark(log)

    @staticmethod
    def _mark(log: Path) -> tuple[int, int]:
        try:
            found = log.stat()
        except OSError:
            return (0, 0)
        return (found.st_ino, found.st_size)

    def new(self) -> list[Record]:
        """The records since the last call, in the order of time."""
        records: list[Record] = []
        for log in sorted(self._folder.glob("*.log")):
            inode, offset = self._seen.get(log, (0, 0))
            now_inode, size = self._mark(log)
            if now_inode != inode or size < offset:
                offset = 0
            whole, offset = self._read(log, offset)
            self._seen[log] = (now_inode, offset)
            found = list(parse(log.name, whole, self._last.get(log, 0.0)))
            if found:
                self._last[log] = found[-1].at
            records += found
        return sorted(records, key=lambda record: record.at)

    @staticmethod
    def _read(log: Path, offset: int) -> tuple[list[str], int]:
        """Whole lines only: the rest is read once its end is there."""
        try:
            with log.open("rb") as opened:
                opened.seek(offset)
                data = opened.read(READ_LIMIT_BYTES)
        except OSError:
            return [], offset
        end = data.rfind(b"\n") + 1
        return data[:end].decode("utf-8", "replace").splitlines(), offset + end
