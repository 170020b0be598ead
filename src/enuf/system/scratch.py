"""Private folders in the temporary folder of the system, also cleared where a process was killed."""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from enuf.system.files import lock_folder

_JUST_MADE = 60  # seconds in which a folder may not have its lock yet


@contextlib.contextmanager
def scratch_folder(purpose: str) -> Iterator[Path]:
    """Make a folder for this user alone, and remove the folder with everything inside at the end.

    Folders for the same purpose that killed processes left behind are removed first: a copied project or a secret would
    stay in them until the next boot.
    """
    prefix = f"enuf-{purpose}-"
    _remove_left(prefix)
    folder = Path(os.path.realpath(tempfile.mkdtemp(prefix=prefix)))
    lock = lock_folder(folder)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        if lock is not None:
            os.close(lock)


def _remove_left(prefix: str) -> None:
    for folder in Path(tempfile.gettempdir()).glob(f"{prefix}*"):
        with contextlib.suppress(OSError):
            if _may_be_left(folder) and (lock := lock_folder(folder)) is not None:
                shutil.rmtree(folder, ignore_errors=True)
                os.close(lock)


def _may_be_left(folder: Path) -> bool:
    found = folder.lstat()
    is_own = os.geteuid() in (0, found.st_uid)
    return is_own and stat.S_ISDIR(found.st_mode) and time.time() - found.st_mtime > _JUST_MADE
