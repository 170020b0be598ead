"""What the logs beside that of the requests tell: events, hung requests, errors; the latest of each are kept."""

from __future__ import annotations

import time
from collections import deque
from pathlib import Path

from msgspec.structs import replace

from enuf.model.snapshot import ErrorRecord, TimelineEvent
from enuf.observe.logs.errors import ErrorCollector
from enuf.observe.logs.events import HungRequest, events_in, hung_in, refused_in
from enuf.observe.logs.records import Record, changed_at, parse
from enuf.observe.logs.tail import LogReader

LOOKS_BACK_BYTES = 256 * 1024
MOST_EVENTS, MOST_ERRORS, MOST_HUNG = 200, 50, 50
PATIENCE = 3
"""So many looks an error waits for the line that names its request."""


class LogWatcher:
    """Reads enuf.log, server.log and error.log on, beginning with what they said lately."""

    def __init__(self, folder: Path) -> None:
        self._readers = {
            name: LogReader(folder / name, at_end=True, last_bytes=LOOKS_BACK_BYTES)
            for name in ("enuf.log", "server.log", "error.log")
        }
        self._folder = folder
        self._has_looked = False
        self._errors = ErrorCollector()
        self._quiet_looks = 0
        self.events: deque[TimelineEvent] = deque(maxlen=MOST_EVENTS)
        self.errors: deque[ErrorRecord] = deque(maxlen=MOST_ERRORS)
        self.hung: deque[HungRequest] = deque(maxlen=MOST_HUNG)
        self.started_at = 0.0

    def close(self) -> None:
        """Read no more."""
        for reader in self._readers.values():
            reader.close()

    def poll(self, *, finish: bool = False) -> None:
        """Take in what is new; to `finish` is to wait for nothing more."""
        own = self._new("enuf.log")
        for event in events_in(own):
            if event.kind == "start":  # what an earlier stack did is over
                self.events.clear()
                self.errors.clear()
                self.hung.clear()
                self.started_at = event.at
            self.events.append(event)
        self.hung.extend(hung_in(own))
        records = sorted(self._new("server.log") + self._new("error.log"), key=lambda record: record.at)
        found = [*refused_in(own), *self._errors.read(records)]
        self._quiet_looks = 0 if records else self._quiet_looks + 1
        if finish or not self._has_looked or self._quiet_looks >= PATIENCE:
            found += self._errors.flush()
        self._has_looked = True
        for error in sorted(found, key=lambda error: error.at):
            if error.at >= self.started_at - 1:
                self.errors.appendleft(error)

    def _new(self, name: str) -> list[Record]:
        """What was added; a line without a time was written since the last look."""
        lines = self._readers[name].added()
        if self._has_looked:
            return list(parse(name, lines, time.time()))
        written_at = changed_at(self._folder / name)
        return _since_the_last_time(list(parse(name, lines, written_at)), written_at)


def _since_the_last_time(records: list[Record], written_at: float) -> list[Record]:
    """At the first look: the app's lines at the end came after the last line with a time, maybe long after, of another stack."""
    end = len(records)
    while end > 0 and records[end - 1].layer == "app":
        end -= 1
    return [*records[:end], *(replace(record, at=written_at) for record in records[end:])]
