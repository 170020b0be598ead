"""A control FIFO, also when its file was removed: its reader still has the FIFO open."""

from __future__ import annotations

import contextlib
import errno
import os
import stat


def open_fifo(path: str, reader: int) -> int:
    """Open the FIFO at `path`, which the process `reader` reads, for writing. Return its descriptor.

    Never wait. Raise OSError when no process reads the FIFO, or there is none.
    """
    with contextlib.suppress(OSError):
        return _opened(path)
    with contextlib.suppress(OSError), os.scandir(f"/proc/{reader}/fd") as entries:
        for entry in entries:
            if os.readlink(entry.path) == f"{path} (deleted)":  # noqa: PTH115 - a name, not a path
                return _opened(entry.path)
    raise OSError(errno.ENOENT, os.strerror(errno.ENOENT), path)


def _opened(path: str) -> int:
    descriptor = os.open(path, os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    if stat.S_ISFIFO(os.fstat(descriptor).st_mode):
        return descriptor
    os.close(descriptor)
    raise OSError(errno.EINVAL, "not a FIFO", path)
