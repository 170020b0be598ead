"""A reader of what is added to a log, across rotations and restarts of the reader: each line once."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

import msgspec

from enuf.system.files import open_regular, size_of

READ_LIMIT_BYTES = 4 * 2**20
"""Largest amount that one `read` returns; a long absence takes several calls."""
LINGERS_S = 5.0
"""Time for which a renamed log is read on: its writers open the new one a moment later."""
MOST_FILES = 100
"""Rotated files that are looked for, `LOG.1` to `LOG.100`."""


class Position(msgspec.Struct, frozen=True):
    """How far one file has been read. The inode identifies the file also after it was renamed."""

    inode: int
    offset: int


class _OpenFile:
    """One file of the log, held open under any name."""

    def __init__(self, file: BinaryIO, offset: int) -> None:
        self.file = file
        self.inode = os.fstat(file.fileno()).st_ino
        self.offset = offset
        self.renamed_at: float | None = None
        self.is_read = False
        """True if the last read found no whole line more."""

    @property
    def size(self) -> int:
        """Size in bytes."""
        return os.fstat(self.file.fileno()).st_size

    def read(self, limit_bytes: int) -> bytes:
        """Return the whole lines from the offset on, and advance the offset."""
        if self.size < self.offset:
            self.offset = 0  # the file was emptied
        # Not by the file object: its buffer would return what the file held before it was emptied.
        data = os.pread(self.file.fileno(), limit_bytes, self.offset)
        end = data.rfind(b"\n") + 1
        if not end and len(data) == READ_LIMIT_BYTES:
            end = len(data)  # no log line is this long: skip the data
        self.is_read = not end and len(data) < limit_bytes
        self.offset += end
        return data[:end]


class LogTail:
    """A reader of a log and its rotated files from given positions on, the oldest file first.

    Two ways of rotation are followed: the log is renamed to any name and begun again, or copied to `LOG.1`
    and emptied.
    """

    def __init__(
        self, log: Path, positions: Sequence[Position] | None = None, *, last_bytes: int | None = 0
    ) -> None:
        """Open the log.

        With `positions` the reader continues after them, and reads every newer file from its first line.
        Without, it begins at the end of the current file, or `last_bytes` before the end; None is the file's
        first line.
        """
        self._log = log
        self._first_copy = rotated(log)
        self._reads_rotated = positions is not None
        self._open: list[_OpenFile] = []
        self.has_more = False
        """True if the last `read` left lines for the next one."""
        if positions is None:
            self._hold(log, 0 if last_bytes is None else max(0, size_of(log) - last_bytes))
        else:
            self._resume({position.inode: position.offset for position in positions})
        self._known_copy = inode_of(self._first_copy)

    @property
    def positions(self) -> tuple[Position, ...]:
        """The positions to continue from, for a later LogTail."""
        return tuple(Position(file.inode, file.offset) for file in self._open)

    @property
    def offset(self) -> int:
        """How far the current file has been read, in bytes."""
        return self._open[-1].offset if self._open else 0

    def close(self) -> None:
        """Close all files."""
        for file in self._open:
            file.file.close()
        self._open.clear()

    def read(self) -> list[str]:
        """Return the lines added since the last call, at most READ_LIMIT_BYTES of them."""
        self._find_newer()
        self._find_copy()
        data, room = [], READ_LIMIT_BYTES
        for file in self._open:
            if room < READ_LIMIT_BYTES // 2:  # the next file needs room for whole lines
                break
            added = file.read(room)
            room -= len(added)
            data.append(added)
        self.has_more = room < READ_LIMIT_BYTES // 2
        self._drop_old()
        return [line for part in data for line in lines_of(part)]

    def _resume(self, offsets: dict[int, int]) -> None:
        files = self._files()
        known = [number for number, (inode, _) in enumerate(files) if inode in offsets]
        for inode, path in files[known[0] if known else 0 :]:
            self._hold(path, offsets.get(inode, 0))

    def _find_newer(self) -> None:
        """Open the files that are newer than the newest open one.

        There are several if the log was rotated repeatedly.
        """
        newest = self._open[-1].inode if self._open else 0
        if inode_of(self._log) in (0, newest):
            return
        files = self._files()
        held = {file.inode for file in self._open}
        for file in self._open:
            file.renamed_at = file.renamed_at or time.monotonic()
        for inode, path in files[self._first_newer([inode for inode, _ in files], newest) :]:
            if inode not in held:
                self._hold(path, 0)
        self._known_copy = inode_of(self._first_copy)

    def _first_newer(self, inodes: list[int], newest: int) -> int:
        """Return the index of the first file that is newer than the newest open one."""
        if newest in inodes:
            return inodes.index(newest) + 1
        # The newest has a foreign name or is deleted: whether the rotated files are older than it is not
        # known.
        return 0 if not newest and self._reads_rotated else len(inodes) - 1

    def _find_copy(self) -> None:
        """Open the copy if the current file was copied and emptied: the copy has the lines not read yet."""
        if not self._open or inode_of(self._log) != self._open[-1].inode:
            return
        current, copy = self._open[-1], inode_of(self._first_copy)
        is_new = copy not in (0, self._known_copy, *(file.inode for file in self._open))
        # A copy that is not finished is not larger than the log.
        was_emptied = current.size < current.offset or (is_new and current.size < size_of(self._first_copy))
        if not was_emptied:
            return
        if is_new:
            self._hold(self._first_copy, current.offset, before_last=True)
        self._known_copy, current.offset = copy, 0

    def _hold(self, path: Path, offset: int, *, before_last: bool = False) -> None:
        try:
            file = _OpenFile(open_regular(path), offset)
        except OSError:
            return
        self._open.insert(len(self._open) - before_last, file)

    def _drop_old(self) -> None:
        now = time.monotonic()
        for file in self._open[:-1]:
            file.renamed_at = file.renamed_at or now
            if file.is_read and now - file.renamed_at > LINGERS_S:
                file.file.close()
                self._open.remove(file)

    def _files(self) -> list[tuple[int, Path]]:
        """Return inode and path of each existing file of the log, the oldest first."""
        names = [rotated(self._log, number) for number in range(MOST_FILES, 0, -1)]
        return [(inode, path) for path in (*names, self._log) if (inode := inode_of(path))]


def end_position(log: Path) -> Position:
    """Return the position at the end of a log.

    If the log does not exist, reading starts at its first line.
    """
    try:
        status = log.stat()
    except OSError:
        return Position(0, 0)
    return Position(status.st_ino, status.st_size)


def rotated(log: Path, number: int = 1) -> Path:
    """Return the path of a rotated file of a log; 1 is the latest."""
    return log.with_name(f"{log.name}.{number}")


def inode_of(path: Path) -> int:
    """Return the inode of a file; 0 if there is no file."""
    try:
        return path.stat().st_ino
    except OSError:
        return 0


def lines_of(data: bytes) -> list[str]:
    """Split data into lines at line feeds alone.

    A visitor may send the other characters that end a line in Unicode.
    """
    return [line.removesuffix("\r") for line in data.decode("utf-8", "replace").split("\n") if line]
