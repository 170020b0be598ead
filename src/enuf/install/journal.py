"""The journal of a change of the host: each step is on disk before it is done, so that a killed run can be undone.

One JSON line per step. A last line that is not whole was never followed by its step.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import Literal

import msgspec

from enuf.install.tree import Seen


class Begin(msgspec.Struct, frozen=True, kw_only=True, tag="begin", tag_field="step"):
    """What is being done, for whom."""

    verb: str
    site: str


class Touch(msgspec.Struct, frozen=True, kw_only=True, tag="touch", tag_field="step"):
    """Something else will be at this path; this was there."""

    path: str
    before: Seen


class Appear(msgspec.Struct, frozen=True, kw_only=True, tag="appear", tag_field="step"):
    """nginx or systemd will make this, where nothing is yet; an undoing removes it."""

    path: str
    only_empty: bool = False


class Service(msgspec.Struct, frozen=True, kw_only=True, tag="service", tag_field="step"):
    """A service will be started, stopped, restarted or reloaded."""

    unit: str
    order: Literal["start", "stop", "restart", "reload"]


class Reread(msgspec.Struct, frozen=True, kw_only=True, tag="reread", tag_field="step"):
    """systemd or nginx will read its files anew."""

    who: str


class Done(msgspec.Struct, frozen=True, kw_only=True, tag="done", tag_field="step"):
    """The change holds; all that is left is to clear these away."""

    clear: tuple[str, ...] = ()
    clear_empty: tuple[str, ...] = ()
    """Folders that go when nobody else has anything in them."""


Step = Begin | Touch | Appear | Service | Reread | Done


class Journal:
    """The journal of one change, while it is being made."""

    def __init__(self, path: Path) -> None:
        """Begins a new one. Raises FileExistsError when there is one: it must be undone first."""
        self.path = path
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
        self._descriptor = os.open(path, flags, 0o600)
        self.steps: list[Step] = []

    def write(self, step: Step) -> None:
        """The step is on disk, and may be done. Raises OSError: then it must not be done."""
        line = msgspec.json.encode(step) + b"\n"
        written = os.write(self._descriptor, line)
        if written != len(line):
            raise OSError(28, os.strerror(28), str(self.path))
        os.fsync(self._descriptor)
        if not self.steps:
            sync_folder(self.path.parent)
        self.steps.append(step)

    def close(self) -> None:
        """Nothing more is written; the file stays until the change is kept or undone."""
        with contextlib.suppress(OSError):
            os.close(self._descriptor)


def read_journal(path: Path) -> list[Step] | None:
    """The steps that a killed run has written down; None when there is no journal."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return None
    steps: list[Step] = []
    for line in data.split(b"\n"):
        with contextlib.suppress(msgspec.DecodeError):
            steps.append(msgspec.json.decode(line, type=Step))
    return steps


def sync_folder(folder: Path) -> None:
    """The names in the folder are on disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
