"""What is added to logs, also across a rotation."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

from enuf.observe.logs.records import READ_LIMIT_BYTES, Record, changed_at, lines_of, parse, rotated
from enuf.system.files import open_regular, size_of


class Tail:
    """What is added to the logs of a folder since the last look, also across a rotation; use it in a `with`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._readers = {log: LogReader(log, at_end=True) for log in folder.glob("*.log")}
        self._last: dict[Path, float] = {}

    def __enter__(self) -> Tail:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        for reader in self._readers.values():
            reader.close()

    @property
    def ends(self) -> dict[Path, int]:
        """How far the logs are known: the sizes that they had at the last look."""
        return {log: reader.offset for log, reader in self._readers.items()}

    def new(self) -> list[Record]:
        """The records since the last call, in the order of time."""
        records: list[Record] = []
        for log in sorted({*self._readers, *self._folder.glob("*.log")}):
            if log not in self._readers:
                self._readers[log] = LogReader(log)
            reader = self._readers[log]
            found = list(parse(log.name, reader.added(), self._last.get(log) or changed_at(log)))
            if found:
                self._last[log] = found[-1].at
            records += found
        return sorted(records, key=lambda record: record.at)


class LogReader:
    """One log, held open: lines that come after it was renamed are read, too."""

    def __init__(self, log: Path, *, at_end: bool = False, last_bytes: int = 0) -> None:
        """Begins with the first line; `at_end`: with what is added, or with so many bytes before that."""
        self._log = log
        self._renamed: BinaryIO | None = None
        self._file = self._opened()
        self._aside = _inode(rotated(log))
        self.offset = max(0, _size(self._file) - last_bytes) if at_end else 0

    def close(self) -> None:
        """Read no more."""
        for file in (self._file, self._renamed):
            if file:
                file.close()

    def _opened(self) -> BinaryIO | None:
        try:
            return open_regular(self._log)
        except OSError:
            return None

    def added(self) -> list[str]:
        """The whole lines that are new; those of a log that was rotated since the last look come first."""
        lines, self.offset = _read_on(self._renamed, self.offset) if self._renamed else ([], self.offset)
        if self._renamed:
            self._renamed.close()
            self._renamed, self.offset = None, 0
        if self._was_emptied():
            lines += self._went_aside()
        more, self.offset = _read_on(self._file, self.offset)
        if self._file is None or _inode(self._log) not in (0, os.fstat(self._file.fileno()).st_ino):
            # Its writers may not have noticed yet: it is read once more, at the next look.
            self._renamed, self._file = self._file, self._opened()
            self._aside = _inode(rotated(self._log))
        return lines + more

    def _was_emptied(self) -> bool:
        """True once its content has gone to another file; not yet while it is being copied."""
        now = _size(self._file)
        is_other = _inode(rotated(self._log)) != self._aside
        return now < self.offset or (is_other and now < size_of(rotated(self._log)))

    def _went_aside(self) -> list[str]:
        lines: list[str] = []
        if _inode(rotated(self._log)) != self._aside:
            with contextlib.suppress(OSError), open_regular(rotated(self._log)) as file:
                lines, _ = _read_on(file, self.offset)
        self._aside, self.offset = _inode(rotated(self._log)), 0
        return lines


def _size(file: BinaryIO | None) -> int:
    return os.fstat(file.fileno()).st_size if file else 0


def _inode(file: Path) -> int:
    try:
        return file.stat().st_ino
    except OSError:
        return 0


def _read_on(file: BinaryIO | None, offset: int) -> tuple[list[str], int]:
    """The whole lines from an offset on, and the offset of the rest, which is read once its end is there."""
    if file is None:
        return [], offset
    file.seek(offset)
    data = file.read(READ_LIMIT_BYTES)
    end = data.rfind(b"\n") + 1
    return lines_of(data[:end]), offset + end
