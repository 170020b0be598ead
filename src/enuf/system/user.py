"""Users: what one may read, and becoming one for good."""

from __future__ import annotations

import os
import pwd
from collections.abc import Sequence
from pathlib import Path


def become(name: str) -> None:
    """This process, and all that it starts, is that user from now on; there is no way back."""
    user = pwd.getpwnam(name)
    os.setgroups(os.getgrouplist(name, user.pw_gid))
    os.setgid(user.pw_gid)
    os.setuid(user.pw_uid)
    os.environ.update(HOME=user.pw_dir, USER=name, LOGNAME=name)


def first_obstacle(name: str, paths: Sequence[Path]) -> Path | None:
    """The first file or folder that keeps this user from reading one of the paths; None when nothing does.

    Tried in a child process that really is that user: no rule of ours about permissions could be as right.
    """
    read_end, write_end = os.pipe()
    pid = os.fork()
    if pid == 0:
        found = "!"
        try:
            become(name)
            found = next((str(way) for path in paths if (way := _obstacle(path))), "")
        finally:
            os.write(write_end, os.fsencode(found))
            os._exit(0)
    os.close(write_end)
    with os.fdopen(read_end, "rb") as pipe:
        found = os.fsdecode(pipe.read())
    os.waitpid(pid, 0)
    return Path(found) if found else None


def _obstacle(path: Path) -> Path | None:
    for folder in reversed(path.parents):
        if not os.access(folder, os.X_OK):
            return folder
    if path.is_symlink():
        return _obstacle(Path(os.path.normpath(path.parent / path.readlink())))
    needed = os.R_OK | os.X_OK if path.is_dir() else os.R_OK
    return None if os.access(path, needed) else path


def home_for(name: str, home: Path) -> None:
    """As root: the folder exists and belongs to the user, where only root could make it.

    Nothing is touched inside a folder that another user owns: links could be waiting there.
    """
    user = pwd.getpwnam(name)
    if not home.exists() and not home.is_symlink():
        if home.parent.stat().st_uid == user.pw_uid:
            return  # the user makes it
        home.mkdir(mode=0o755)
    found = home.lstat()
    if home.is_symlink() or found.st_uid != 0:
        return
    for folder, _, names in os.walk(home):
        for entry in (folder, *(f"{folder}/{name}" for name in names)):
            os.chown(entry, user.pw_uid, user.pw_gid, follow_symlinks=False)
    if (home / "run").is_symlink():
        (home / "run").unlink()
