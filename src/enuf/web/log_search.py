"""Searches in the logs of the stack for the dashboard: the last lines by a filter, and the story of one request."""

from __future__ import annotations

import contextlib
import math
import re
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import msgspec
from msgspec.structs import replace

from enuf.observe.logs.history import read_last
from enuf.observe.logs.records import LAYERS, Record, RecordFilter, is_status_pattern, layers_of
from enuf.observe.logs.story import Story, story_of

MOST_LINES, USUAL_LINES = 500, 200
LONGEST_LINE, LONGEST_ID = 4000, 128
LONGEST_TIME_S = 366 * 86_400.0


class SearchBusy(Exception):
    """Another search still runs."""


class InvalidFilter(ValueError):
    """A part of a filter that cannot be used."""

    def __init__(self, name: str, **values: object) -> None:
        """`name` is that of the text that says how the part is written, `values` are the text's own."""
        super().__init__(name)
        self.name = name
        self.values = values


class LogLines(msgspec.Struct, frozen=True):
    """The lines that were found."""

    records: tuple[Record, ...]
    """Oldest first."""
    took_s: float
    """How long the search took."""


class LogSearch:
    """A search of one folder of logs, one search at a time: each may read many megabytes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._turn = threading.Lock()

    def last(self, asked: Mapping[str, str]) -> LogLines:
        """Return the last lines that match `asked`. Raise InvalidFilter and SearchBusy."""
        wanted, count = (
            parse_filter(asked, time.time(), layers_of(self._folder)),
            _count(asked.get("count", "")),
        )
        with self._alone():
            begun = time.monotonic()
            records = read_last(self._folder, wanted, count)
            return LogLines(_bounded(records), round(time.monotonic() - begun, 3))

    def story(self, request_id: str) -> Story:
        """Return the story of a request. Raise InvalidFilter and SearchBusy."""
        with self._alone():
            story = story_of(self._folder, _id(request_id))
        return replace(story, records=_bounded(story.records[:MOST_LINES]))

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        if not self._turn.acquire(blocking=False):
            raise SearchBusy
        try:
            yield
        finally:
            self._turn.release()


def parse_filter(asked: Mapping[str, str], now: float, layers: Sequence[str] = LAYERS) -> RecordFilter:
    """Return the filter of a query: the options of `enuf logs`, times in seconds. Raise InvalidFilter."""
    layer, status, request_id = asked.get("layer", ""), asked.get("status", ""), asked.get("id", "")
    if layer and layer not in layers:
        raise InvalidFilter("layer", names=", ".join(layers))
    if status and not is_status_pattern(status):
        raise InvalidFilter("status")
    since_s = _seconds(asked, "since")
    return RecordFilter(
        layer=layer or None,
        status=status or None,
        slow_s=_seconds(asked, "slow"),
        id=_id(request_id) if request_id else None,
        since=None if since_s is None else now - since_s,
        grep=_grep(asked.get("grep", "")),
    )


def _seconds(asked: Mapping[str, str], name: str) -> float | None:
    text = asked.get(name, "")
    if not text:
        return None
    with contextlib.suppress(ValueError):
        seconds = float(text)
        if math.isfinite(seconds) and 0 <= seconds <= LONGEST_TIME_S:
            return seconds
    raise InvalidFilter("seconds", field=name)


def _count(text: str) -> int:
    if not text:
        return USUAL_LINES
    if re.fullmatch(r"[0-9]{1,6}", text, re.ASCII) and 1 <= int(text) <= MOST_LINES:
        return int(text)
    raise InvalidFilter("count", most=MOST_LINES)


def _grep(text: str) -> str | None:
    if len(text) > LONGEST_ID or not text.isprintable():
        raise InvalidFilter("grep", most=LONGEST_ID)
    return text or None


def _id(text: str) -> str:
    if 1 <= len(text) <= LONGEST_ID and text.isprintable() and " " not in text:
        return text
    raise InvalidFilter("id")


def _bounded(records: Iterable[Record]) -> tuple[Record, ...]:
    """Return the records with their texts cut after LONGEST_LINE characters."""
    return tuple(
        replace(each, text=f"{each.text[:LONGEST_LINE]}…") if len(each.text) > LONGEST_LINE else each
        for each in records
    )
