"""The journal on the disk: `events.jsonl` for programs, `enuf.log` rendered from it for people."""

from __future__ import annotations

import os
import time
from pathlib import Path

import msgspec

from enuf.model.journal import JournalEvent
from enuf.model.paths import StackPaths
from enuf.model.secrets import masked_code
from enuf.system import files
from enuf.system.event_log import EventLog


class EventJournal:
    """Appends events to both files.

    Never raises: a failed write is in `problem` until a later one succeeds.
    """

    def __init__(self, paths: StackPaths) -> None:
        self._path = Path(paths.events)
        self._log = EventLog(Path(paths.log) / "enuf.log")
        self._problem = ""

    @property
    def problem(self) -> str:
        """Why the last event could not be written, in words; empty when it could."""
        return self._log.problem or self._problem

    def record(self, event: JournalEvent) -> None:
        """Write the event with the time of now, without secrets."""
        event = msgspec.structs.replace(event, at=round(time.time(), 3))
        self._append(msgspec.json.encode(event.cleaned(_clean)) + b"\n")
        self._log.write(event.text, event.at)

    def _append(self, line: bytes) -> None:
        try:
            descriptor = files.open_log(self._path)
            try:
                os.write(descriptor, line)
            finally:
                os.close(descriptor)
        except OSError as error:
            self._problem = f"cannot write {self._path}: {os.strerror(error.errno or 0)}"
        else:
            self._problem = ""


def _clean(text: str) -> str:
    """Return the text without secrets, with the bytes of a file name that are no UTF-8 written as escapes."""
    return masked_code(text.encode("utf-8", "backslashreplace").decode())
