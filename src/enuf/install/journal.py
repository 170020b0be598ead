"""The journal of a change of the host.

Each step is on disk before it is done, so that a killed run can be undone.
One JSON object per line. The step of an incomplete last line was never done.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

import msgspec

from enuf.install.services.base import ServiceAction
from enuf.install.tree import PathState, sync_folder


class BeginChange(msgspec.Struct, frozen=True, kw_only=True, tag="begin", tag_field="step"):
    """The first line: which verb changes the host, and for which site."""

    verb: str
    site: str


class Touch(msgspec.Struct, frozen=True, kw_only=True, tag="touch", tag_field="step"):
    """A path that enuf is about to change, and its state before that."""

    path: str
    before: PathState


class Appear(msgspec.Struct, frozen=True, kw_only=True, tag="appear", tag_field="step"):
    """A missing path that nginx or the service manager is about to make; undoing removes it."""

    path: str
    only_empty: bool = False


class Service(msgspec.Struct, frozen=True, kw_only=True, tag="service", tag_field="step"):
    """A service that is about to be started, stopped, restarted or reloaded."""

    unit: str
    order: ServiceAction


class Reread(msgspec.Struct, frozen=True, kw_only=True, tag="reread", tag_field="step"):
    """A program that is about to read its files again."""

    who: str
    """`nginx`, or the name of the service manager: `systemd`."""


class Done(msgspec.Struct, frozen=True, kw_only=True, tag="done", tag_field="step"):
    """The change is complete and is not undone any more; these paths remain to be removed."""

    clear: tuple[str, ...] = ()
    clear_empty: tuple[str, ...] = ()
    """Folders to be removed if they are empty."""


JournalEntry = BeginChange | Touch | Appear | Service | Reread | Done


class ChangeJournal:
    """The journal of one change, while the change is being made."""

    def __init__(self, path: Path) -> None:
        """Create the file. Raise FileExistsError when there is one: that change must be undone first."""
        self.path = path
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
        self._descriptor = os.open(path, flags, 0o600)
        self.entries: list[JournalEntry] = []

    def write(self, entry: JournalEntry) -> None:
        """Write an entry to the disk before its step is done.

        Raise OSError: then the step must not be done.
        """
        line = msgspec.json.encode(entry) + b"\n"
        written = os.write(self._descriptor, line)
        if written != len(line):
            raise OSError(28, os.strerror(28), str(self.path))
        os.fsync(self._descriptor)
        if not self.entries:
            sync_folder(self.path.parent)
        self.entries.append(entry)

    def close(self) -> None:
        """Close the file, which stays until the change is completed or undone."""
        with contextlib.suppress(OSError):
            os.close(self._descriptor)


def read_journal(path: Path) -> list[JournalEntry] | None:
    """Return the entries that an interrupted run has written; None when there is no journal."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return None
    entries: list[JournalEntry] = []
    for line in data.split(b"\n"):
        with contextlib.suppress(msgspec.DecodeError):
            entries.append(msgspec.json.decode(line, type=JournalEntry))
    return entries
