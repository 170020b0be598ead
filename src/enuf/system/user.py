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
        found = pwd.getpwnam(name) if uid is None else pwd.getpwuid(uid)
    except (KeyError, OverflowError):
        return None
    return User(found.pw_name, found.pw_uid, found.pw_gid, found.pw_dir)


def owner_of(folder: Path) -> User:
    """Return the owner of a folder; a number without a name gets the folder's group, but never that of root."""
    return user_of(folder.stat())


def user_of(found: os.stat_result) -> User:
    """Return the user to whom a file belongs; a number without a name gets the file's group, but never that of root."""
    known = user_named(str(found.st_uid))
    return known or User(str(found.st_uid), found.st_uid, found.st_gid or found.st_uid, "/")
