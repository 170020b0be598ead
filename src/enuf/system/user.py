"""Users: finding one, doing something as one, and becoming one for good."""

from __future__ import annotations

import contextlib
import errno
import os
import pwd
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple, NoReturn

from enuf.model.numbers import decimal

_DONE, _FAILED, _REFUSED = b"+", b"!", b"-"
"""The first byte of what a child says: it did the work; it could not; it could not even become the user."""


class CannotBecome(OSError):
    """The system does not let this process become another user; `errno` tells why."""


class User(NamedTuple):
    """Somebody whom processes can run as; a container may know one only by a number."""

    name: str
    uid: int
    gid: int
    home: str


def user_named(name: str) -> User | None:
    """The user of that name, or of that number; None when there is none."""
    try:
        uid = decimal(name)
        found = pwd.getpwnam(name) if uid is None else pwd.getpwuid(uid)
    except (KeyError, OverflowError):
        return None
    return User(found.pw_name, found.pw_uid, found.pw_gid, found.pw_dir)


def owner_of(folder: Path) -> User:
    """The owner of a folder; a number without a name gets the folder's group, but never that of root."""
    found = folder.stat()
    known = user_named(str(found.st_uid))
    return known or User(str(found.st_uid), found.st_uid, found.st_gid or found.st_uid, "/")


def become(user: User, also: tuple[int, ...] = ()) -> None:
    """This process, and all that it starts, is that user from now on, in the groups `also` too; there is no way back.

    Raises OSError where the system does not allow it: root in a container may lack the right.
    """
    is_named = user_named(user.name) is not None
    own = os.getgrouplist(user.name, user.gid) if is_named else [user.gid]
    os.setgroups([*own, *also])
    os.setgid(user.gid)
    os.setuid(user.uid)
    os.environ.update(HOME=user.home, USER=user.name, LOGNAME=user.name)


def as_user(user: User, work: Callable[[], str]) -> str:
    """What `work` returns, done in a child process that really is that user.

    Raises CannotBecome when there can be no such process, and OSError with the reason when the work fails in it.
    """
    read_end, write_end = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(read_end)
        _work_and_leave(user, work, write_end)
    os.close(write_end)
    with os.fdopen(read_end, "rb") as pipe:
        said = pipe.read()
    os.waitpid(pid, 0)
    if said.startswith(_REFUSED):
        raise CannotBecome(int(said[1:]), os.strerror(int(said[1:])))
    if not said.startswith(_DONE):
        raise OSError(os.fsdecode(said[1:]) or "it ended without an answer")
    return os.fsdecode(said[1:])


def _work_and_leave(user: User, work: Callable[[], str], write_end: int) -> NoReturn:
    try:
        said = _try_work(user, work)
        with os.fdopen(write_end, "wb") as pipe:
            pipe.write(said)
    finally:
        os._exit(0)


def _try_work(user: User, work: Callable[[], str]) -> bytes:
    try:
        become(user)
    except OSError as error:
        return _REFUSED + str(error.errno or errno.EPERM).encode()
    try:
        return _DONE + os.fsencode(work())
    except Exception as error:
        return _FAILED + os.fsencode(str(error) or type(error).__name__)


def first_obstacle(user: User, paths: Callable[[], Iterator[Path]]) -> Path | None:
    """The first file or folder that keeps this user from reading one of the paths; None when nothing does.

    Tried as that user: no rule of ours about permissions could be as right. Each path is asked for only when those
    before it can be read, so finding one may run a program that an earlier one named.
    """
    found = as_user(user, lambda: next((str(way) for path in paths() if (way := obstacle(path))), ""))
    return Path(found) if found else None


def obstacle(path: Path) -> Path | None:
    """The file or folder on the way to `path` that we may not enter or read; None when there is none, or no such path."""
    real = Path(os.path.realpath(path))
    for folder in reversed(real.parents):
        if not os.access(folder, os.X_OK):
            return folder if folder.exists() else None
    needed = os.R_OK | os.X_OK if real.is_dir() else os.R_OK
    return None if os.access(real, needed) or not real.exists() else real


def hand_folder_over(folder: Path, user: User) -> None:
    """As root: the folder exists and belongs to the user, where the user could not make it.

    Nothing is touched in a folder that is not root's, and no link is followed: others may be waiting with one.
    """
    with contextlib.suppress(
        OSError
    ):  # a read-only file system, or not a folder: whoever wants to write there is told
        if not os.path.lexists(folder):
            if folder.parent.stat().st_uid == user.uid:
                return  # the user makes it
            folder.mkdir(mode=0o755)
        top = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            _give_tree(top, user)
        finally:
            os.close(top)


def _give_tree(top: int, user: User) -> None:
    if os.fstat(top).st_uid != 0:
        return
    for _, folders, names, descriptor in os.fwalk(dir_fd=top):
        for name in (*folders, *names):
            found = os.stat(name, dir_fd=descriptor, follow_symlinks=False)
            # A second name elsewhere would change hands too.
            if found.st_uid == 0 and (stat.S_ISDIR(found.st_mode) or found.st_nlink == 1):
                os.chown(name, user.uid, user.gid, dir_fd=descriptor, follow_symlinks=False)
    os.fchown(top, user.uid, user.gid)
