"""The users of the system, and the owners of folders."""

from __future__ import annotations

import os
import pwd
from pathlib import Path
from typing import NamedTuple

from enuf.model.numbers import decimal


class User(NamedTuple):
    """A user as whom processes can run; in a container the user may have no name, only a number."""

    name: str
    uid: int
    gid: int
    home: str


def user_named(name: str) -> User | None:
    """Return the user of that name, or of that number; None when there is none."""
    try:
        uid = decimal(name)
        entry = pwd.getpwnam(name) if uid is None else pwd.getpwuid(uid)
    except (KeyError, OverflowError):
        return None
    return User(entry.pw_name, entry.pw_uid, entry.pw_gid, entry.pw_dir)


def name_of_uid(uid: int) -> str:
    """Return the name of the user with this number; the number itself where it has no name."""
    user = user_named(str(uid))
    return user.name if user else str(uid)


def owner_of(folder: Path) -> User:
    """Return the owner of a folder.

    A number without a name gets the folder's group, but never that of root.
    """
    return user_of(folder.stat())


def user_of(status: os.stat_result) -> User:
    """Return the user to whom a file belongs.

    A number without a name gets the file's group, but never that of root.
    """
    known = user_named(str(status.st_uid))
    return known or User(str(status.st_uid), status.st_uid, status.st_gid or status.st_uid, "/")
