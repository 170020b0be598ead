"""The file system of another process: of a container, or of a service with a root of its own.

A link in there must not lead root to files of the host, so the kernel resolves every path below that root
(openat2(2), RESOLVE_IN_ROOT; Linux 5.6). Nothing of it is executed, and no name of a user is looked up in it.
"""

from __future__ import annotations

import contextlib
import ctypes
import fnmatch
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType

_OPENAT2, _RESOLVE_IN_ROOT = 437, 0x10
_O_PATH = getattr(os, "O_PATH", 0)
GLOB_LIMIT = 200


class _How(ctypes.Structure):
    """open_how of openat2(2)."""

    _fields_ = (("flags", ctypes.c_uint64), ("mode", ctypes.c_uint64), ("resolve", ctypes.c_uint64))


def has_foreign_root(pid: int) -> bool:
    """Return True if a process certainly has another root folder than we have."""
    try:
        return not Path("/proc", str(pid), "root").samefile("/")
    except OSError:
        return False


class ForeignRoot:
    """The root folder of a process, held open. Every method raises OSError as the kernel does."""

    def __init__(self, pid: int) -> None:
        self._root = os.open(f"/proc/{pid}/root", _O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)

    def __enter__(self) -> ForeignRoot:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._root)

    @contextlib.contextmanager
    def opened(self, path: str, flags: int = _O_PATH) -> Iterator[int]:
        """Open a path inside the block; by default only as a place, without the right to read."""
        how = _How(flags | os.O_CLOEXEC, 0, _RESOLVE_IN_ROOT)
        libc = ctypes.CDLL(None, use_errno=True)
        found = libc.syscall(
            ctypes.c_long(_OPENAT2),
            ctypes.c_int(self._root),
            ctypes.c_char_p(os.fsencode(path)),
            ctypes.byref(how),
            ctypes.c_size_t(ctypes.sizeof(how)),
        )
        if found < 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number), path)
        try:
            yield found
        finally:
            os.close(found)

    def stat(self, path: str) -> os.stat_result:
        """Return what stat says about a path, at the end of its links."""
        with self.opened(path) as descriptor:
            return os.fstat(descriptor)

    def tail(self, path: str, most_bytes: int) -> tuple[bytes, os.stat_result]:
        """Return the last bytes of a regular file, and its state."""
        if not stat.S_ISREG(self.stat(path).st_mode):
            raise OSError(0, "it is not a regular file", path)
        with self.opened(path, os.O_RDONLY | os.O_NONBLOCK) as descriptor:
            status = os.fstat(descriptor)
            return os.pread(descriptor, most_bytes, max(0, status.st_size - most_bytes)), status

    def names(self, folder: str) -> list[str]:
        """Return the names in a folder."""
        with self.opened(folder, os.O_RDONLY | os.O_DIRECTORY) as descriptor:
            return sorted(os.listdir(descriptor))  # noqa: PTH208 - of a descriptor

    def glob(self, pattern: str) -> list[str]:
        """Return the paths that fit a pattern, which begins at the root."""
        found = [""]
        for part in pattern.strip("/").split("/"):
            found = [path for folder in found for path in self._fitting(folder, part)][:GLOB_LIMIT]
        return found

    def _fitting(self, folder: str, part: str) -> Iterator[str]:
        if not any(sign in part for sign in "*?["):
            yield f"{folder}/{part}"
            return
        with contextlib.suppress(OSError):
            for name in self.names(folder or "/"):
                if fnmatch.fnmatchcase(name, part) and not (name.startswith(".") and part[0] != "."):
                    yield f"{folder}/{name}"
