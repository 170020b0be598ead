"""Bodies that keep to WSGI: of a request, read line by line, and of an answer, read from a file."""

from __future__ import annotations

import os
import stat

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

BLOCK_BYTES = 65536


class Input:
    """A request's body whose `readline` keeps to its size, which uWSGI's does not (F276)."""

    __slots__ = ("_raw", "_rest")

    def __init__(self, raw: Any) -> None:
        self._raw = raw
        self._rest = b""
        """The end of a line whose beginning was read."""

    def __getattr__(self, name: str) -> Any:
        """Return what the server's own object has besides: uWSGI's has `fileno`."""
        return getattr(self._raw, name)

    def read(self, size: int | None = -1) -> bytes:
        """Return so many bytes, all that is left by default."""
        wanted = -1 if size is None else size
        rest, self._rest = self._rest, b""
        if wanted < 0:
            return rest + bytes(self._raw.read())
        if len(rest) >= wanted:
            self._rest = rest[wanted:]
            return rest[:wanted]
        return rest + bytes(self._raw.read(wanted - len(rest)))

    def readline(self, size: int | None = -1) -> bytes:
        """Return a line, or as much of it as `size` says."""
        line = self._rest or bytes(self._raw.readline())
        wanted = len(line) if size is None or size < 0 else size
        self._rest = line[wanted:]
        return line[:wanted]

    def readlines(self, hint: int | None = None) -> list[bytes]:
        """Return all lines."""
        return list(self)

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        """Return the next line."""
        if line := self.readline():
            return line
        raise StopIteration


class FileWrapper:
    """An iterator over an open file from its present position on.

    A pipe, a socket or a file in memory will do.
    """

    def __init__(self, filelike: Any, blksize: int = 8192) -> None:
        self._read = filelike.read
        self._size = max(blksize, BLOCK_BYTES) if _is_on_disk(filelike) else blksize
        self.filelike = filelike
        if hasattr(filelike, "close"):
            self.close = filelike.close

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        data: bytes = self._read(self._size)
        if data:
            return data
        raise StopIteration


def _is_on_disk(filelike: Any) -> bool:
    """Return True for a regular file, of which a large block costs no waiting."""
    try:
        return stat.S_ISREG(os.fstat(filelike.fileno()).st_mode)
    except (AttributeError, OSError, ValueError):
        return False
