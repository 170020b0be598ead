"""Every line of the log of requests exactly once, also across rotations and restarts of whoever reads.

Positions are kept by inode: a rotated log keeps its inode under its new name.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

import msgspec

from enuf.system.files import open_regular

LOOK_LIMIT_BYTES = 4 * 2**20
"""So much is read at one look: a long absence is caught up with in several."""
LINGERS_S = 5.0
"""A log that was set aside is read so much longer: its writers learn of the new one a moment later."""
MOST_FILES = 100


class Position(msgspec.Struct, frozen=True):
    """How far one file has been read."""

    inode: int
    offset: int


class _Open:
    """One file of the log, held open under whatever name it has."""

    def __init__(self, file: BinaryIO, offset: int) -> None:
        self.file = file
        self.inode = os.fstat(file.fileno()).st_ino
        self.offset = offset
        self.left_at: float | None = None
        self.is_read = False
        """True when the last look found nothing more, but perhaps a line without its end."""

    def read(self, limit_bytes: int) -> bytes:
        """Whole lines from where we were."""
        if os.fstat(self.file.fileno()).st_size < self.offset:
            self.offset = 0  # somebody emptied it
        self.file.seek(self.offset)
        data = self.file.read(limit_bytes)
        end = data.rfind(b"\n") + 1
        if not end and len(data) == LOOK_LIMIT_BYTES:
            end = len(data)  # no line is so long: skip what is none
        self.is_read = not end and len(data) < limit_bytes
        self.offset += end
        return data[:end]


class AccessLog:
    """Reads a log on from its positions, oldest file first."""

    def __init__(self, log: Path, positions: Sequence[Position] | None = None) -> None:
        """Without positions it begins with what is added from now on; with none in the list, with the first line."""
        self._log = log
        self._open: list[_Open] = []
        self.has_more = False
        """True when the last look left something for the next one."""
        if positions is None:
            positions = [end_position(log)]
        self._known = {position.inode: position.offset for position in positions}
        self._resume()

    @property
    def positions(self) -> tuple[Position, ...]:
        """From where to go on: together with what was made of the lines before."""
        return tuple(Position(each.inode, each.offset) for each in self._open)

    def close(self) -> None:
        """Read no more."""
        for each in self._open:
            each.file.close()
        self._open.clear()

    def read(self) -> list[str]:
        """The lines since the last look, at most some megabytes of them."""
        self._find_newer()
        data, room = [], LOOK_LIMIT_BYTES
        for each in self._open:
            if room < LOOK_LIMIT_BYTES // 2:  # the next file must have room for whole lines
                break
            found = each.read(room)
            room -= len(found)
            data.append(found)
        self.has_more = room < LOOK_LIMIT_BYTES // 2
        self._drop_old()
        return [line for part in data for line in part.decode("utf-8", "replace").split("\n") if line]

    def _resume(self) -> None:
        files = self._files()
        known = [number for number, (inode, _) in enumerate(files) if inode in self._known]
        for inode, path in files[known[0] if known else 0 :]:
            self._hold(path, self._known.get(inode, 0))

    def _find_newer(self) -> None:
        """Hold the files that came after the newest one that we know, also if it was rotated more than once."""
        newest = self._open[-1].inode if self._open else 0
        if _inode(self._log) in (0, newest):
            return
        files = self._files()
        at = next((number for number, (inode, _) in enumerate(files) if inode == newest), -1)
        held = {each.inode for each in self._open}
        for each in self._open:
            each.left_at = each.left_at or time.monotonic()
        for inode, path in files[at + 1 :]:
            if inode not in held:
                self._hold(path, 0)

    def _hold(self, path: Path, offset: int) -> None:
        try:
            self._open.append(_Open(open_regular(path), offset))
        except OSError:
            return

    def _drop_old(self) -> None:
        now = time.monotonic()
        for each in self._open[:-1]:
            each.left_at = each.left_at or now
            if each.is_read and now - each.left_at > LINGERS_S:
                each.file.close()
                self._open.remove(each)

    def _files(self) -> list[tuple[int, Path]]:
        """What there is of the log, oldest first."""
        names = [Path(f"{self._log}.{number}") for number in range(MOST_FILES, 0, -1)]
        return [(inode, path) for path in (*names, self._log) if (inode := _inode(path))]


def end_position(log: Path, *, before_bytes: int = 0) -> Position:
    """Where the log ends now, or so much before; a file that is not there yet will be read from its first line."""
    try:
        found = log.stat()
    except OSError:
        return Position(0, 0)
    return Position(found.st_ino, max(0, found.st_size - before_bytes))


def _inode(path: Path) -> int:
    try:
        return path.stat().st_ino
    except OSError:
        return 0
