"""The last records of all logs of a stack, also from rotated files."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path

from enuf.inspect.log_tail import MOST_FILES, rotated
from enuf.observe.logs.records import (
    READ_LIMIT_BYTES,
    SHORT_READ_BYTES,
    LogParser,
    Record,
    RecordFilter,
    changed_at,
    whole_lines,
)
from enuf.system.files import size_of


def read_last(
    folder: Path, record_filter: RecordFilter, count: int | None, ends: Mapping[Path, int] | None = None
) -> list[Record]:
    """Return the last `count` matching records of all logs, ordered by time; None is all that are kept.

    With the filter's `since` every rotated file that may hold such a line is read, else the latest one.
    `ends` are the sizes of the logs at an earlier moment: lines after them are left out.
    """
    chosen: list[Record] = []
    limits = (SHORT_READ_BYTES, READ_LIMIT_BYTES) if record_filter.since is None else (READ_LIMIT_BYTES,)
    for limit_bytes in limits:
        chosen = [
            record
            for record in _read(folder, ends or {}, limit_bytes, record_filter.since)
            if record_filter.matches(record)
        ]
        if count is not None and len(chosen) >= count:
            break
    return chosen if count is None else chosen[max(0, len(chosen) - count) :]


def _read(folder: Path, ends: Mapping[Path, int], limit_bytes: int, since: float | None) -> list[Record]:
    records: list[Record] = []
    for log in sorted(folder.glob("*.log")):
        records += read_log(log, ends, limit_bytes, since)
    return sorted(records, key=lambda record: record.at)


def read_log(
    log: Path, ends: Mapping[Path, int], limit_bytes: int, since: float | None = None
) -> list[Record]:
    """Return the records of one log and its rotated files, in the order of their lines.

    The rotated files are those that were written to after `since`, at most `limit_bytes` in all; without
    `since` the latest one, as many bytes again.
    """
    records: list[Record] = []
    parser = LogParser(log.name)
    for file in (*_rotated_since(log, math.inf if since is None else since, limit_bytes), log):
        records += parser.parse(whole_lines(file, ends.get(file), limit_bytes), changed_at(file))
    return records


def _rotated_since(log: Path, since: float, limit_bytes: int) -> list[Path]:
    chosen, room = [rotated(log)], limit_bytes - size_of(rotated(log))
    for number in range(2, MOST_FILES + 1):
        file = rotated(log, number)
        if room <= 0 or changed_at(file) < since:
            break
        room -= size_of(file)
        chosen.append(file)
    return chosen[::-1]
