"""Folders and files that are closed to other users of the machine: they hold settings with secrets."""

from __future__ import annotations

import os
import stat
from pathlib import Path

FOLDER_MODE = 0o750
FILE_MODE = 0o640


def make_closed(folder: Path) -> None:
    """Make the folder, closed to others whatever the umask is; close one that is there and is ours.

    Raise OSError.

    A folder of another user, or a link in its place, stays as it is: the mode is set through the descriptor
    that was checked.
    """
    folder.mkdir(mode=FOLDER_MODE, exist_ok=True)
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return
    try:
        status = os.fstat(descriptor)
        mode = stat.S_IMODE(status.st_mode)
        if status.st_uid == os.geteuid() and mode & ~FOLDER_MODE & 0o777:
            os.fchmod(descriptor, mode & (FOLDER_MODE | 0o7000))
    finally:
        os.close(descriptor)
