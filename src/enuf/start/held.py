"""What a start holds until its supervisor takes over: addresses, the runtime folder, the record."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from enuf.model.paths import StackPaths
from enuf.run.process.listeners import Listeners
from enuf.system import files
from enuf.system.runtime_dir import leave_place
from enuf.system.stack_lock import StackLock


class HeldResources:
    """The addresses and the runtime folder of a start, released however the command ends."""

    def __init__(self, listeners: Listeners) -> None:
        self.listeners = listeners
        self._place: tuple[StackPaths, StackLock] | None = None

    def hold(self, paths: StackPaths, lock: StackLock) -> None:
        """Remember the runtime folder and its lock."""
        self._place = paths, lock

    def close(self) -> None:
        """Release the addresses and the runtime folder."""
        self.listeners.close_all()
        if self._place:
            leave_place(*self._place)


@contextlib.contextmanager
def recorded(paths: StackPaths) -> Iterator[None]:
    """Remove the record of this start when the block ends with an error or a signal."""
    try:
        yield
    except BaseException:
        files.remove(Path(paths.state))
        raise
