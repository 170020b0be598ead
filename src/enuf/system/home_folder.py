"""The project's own folder `.enuf`, made by root for the user of the stack."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from enuf.system.trust import open_to_others
from enuf.system.user import User

HOME = ".enuf"


def make_home_for(user: User, project: Path) -> None:
    """Make `.enuf` in a project of root's and give it to the user; an existing folder keeps its owner.

    In a project that others can change, only the user makes the folder.
    """
    if open_to_others(project) is not None:
        return
    folder = project / HOME
    with contextlib.suppress(
        OSError
    ):  # it exists, or the file system is read-only: the later writer reports that
        folder.mkdir(mode=0o750)
        made = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            os.fchown(made, user.uid, user.gid)
        finally:
            os.close(made)
