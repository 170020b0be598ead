"""A watcher of the journal and the logs, which keeps the latest events, hung requests and errors."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from pathlib import Path

from enuf.inspect.log_tail import LogTail
from enuf.model.journal import JournalEvent
from enuf.model.snapshot import ErrorRecord, TimelineEvent
from enuf.model.stack_events import StackStarted
from enuf.model.unit_events import HungRequestEnded, UnitExited, WorkerExited
from enuf.observe.logs.error_groups import ErrorGroups
from enuf.observe.logs.errors import ErrorCollector
from enuf.observe.logs.events import JOURNAL, decode_events, hung_requests_of, refusals_of, timeline_of
from enuf.observe.logs.generations import AppVersion, AppVersions
from enuf.observe.logs.records import LogParser, Record, changed_at

FIRST_READ_BYTES = 256 * 1024
MOST_EVENTS, MOST_ERRORS, MOST_HUNG, MOST_ENDED = 200, 50, 50, 500
NAMING_POLLS = 3
"""Polls for which an error waits for the line that names its request."""


class LogWatcher:
    """A watcher of events.jsonl, server.log and error.log that begins with their last lines."""

    def __init__(self, folder: Path, project: str = "", versions: Iterable[AppVersion] = ()) -> None:
        """Watch the logs in `folder`; `project` is the folder of the code that errors are traced to.

        `versions` of the app are known already.
        """
        self._readers = {
            name: LogTail(folder / name, last_bytes=FIRST_READ_BYTES)
            for name in (JOURNAL, "server.log", "error.log")
        }
        self._parsers = {name: LogParser(name) for name in self._readers}
        self._folder = folder
        self._has_polled = False
        self._errors = ErrorCollector()
        self._quiet_polls = 0
        self.events: deque[TimelineEvent] = deque(maxlen=MOST_EVENTS)
        self.errors: deque[ErrorRecord] = deque(maxlen=MOST_ERRORS)
        self.hung: deque[HungRequestEnded] = deque(maxlen=MOST_HUNG)
        self.ended: deque[JournalEvent] = deque(maxlen=MOST_ENDED)
        """The hung requests, and the workers and servers that ended unasked."""
        self.groups = ErrorGroups(project)
        self.versions = AppVersions(versions)
        self.started_at = 0.0

    def close(self) -> None:
        """Close the logs."""
        for reader in self._readers.values():
            reader.close()

    def poll(self, *, finish: bool = False) -> None:
        """Read what was added. With `finish`, errors do not wait for the line that names their request."""
        journal = decode_events(self._readers[JOURNAL].read())
        starts = [number for number, event in enumerate(journal) if isinstance(event, StackStarted)]
        if starts:  # forget the stack before
            self.events.clear()
            self.errors.clear()
            self.hung.clear()
            self.ended.clear()
            self.groups.clear()
            journal = journal[starts[-1] :]
            self.started_at = journal[0].at
        self.versions.read(journal)
        self.events.extend(timeline_of(journal))
        self.hung.extend(hung_requests_of(journal))
        self.ended.extend(
            each for each in journal if isinstance(each, HungRequestEnded | WorkerExited | UnitExited)
        )
        records = sorted(self._new("server.log") + self._new("error.log"), key=lambda record: record.at)
        errors = [*refusals_of(journal), *self._errors.read(records)]
        self._quiet_polls = 0 if records else self._quiet_polls + 1
        if finish or not self._has_polled or self._quiet_polls >= NAMING_POLLS:
            errors += self._errors.flush()
        self._has_polled = True
        for error in sorted(errors, key=lambda error: error.at):
            if error.at >= self.started_at - 1:
                self.errors.appendleft(error)
                self.groups.add(error)

    def _new(self, name: str) -> list[Record]:
        """Return the added records."""
        return list(self._parsers[name].parse(self._readers[name].read(), changed_at(self._folder / name)))
