"""Regular files of somebody else's folder: a FIFO or a device in their place holds nobody up."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import BinaryIO

SMALL_BYTES = 2**20


def open_regular(path: Path) -> BinaryIO:
    """Return the file, opened for reading. Raises OSError, also for everything but a regular file."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(0, "it is not a regular file", str(path))
        return os.fdopen(descriptor, "rb")
    except BaseException:
        os.close(descriptor)
        raise


def read_small(path: Path) -> bytes:
    """Return the content of a regular file, its first megabyte. Raises OSError."""
    with open_regular(path) as file:
        return file.read(SMALL_BYTES)
