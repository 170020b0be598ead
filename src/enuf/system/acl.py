"""POSIX access lists: one more user may enter a folder, or connect to a socket, and no other user."""

from __future__ import annotations

import os
import stat
import struct
from pathlib import Path

_NAME = "system.posix_acl_access"
_VERSION, _NO_ID = 2, 0xFFFFFFFF
_OWNER, _USER, _GROUP, _MASK, _OTHER = 0x01, 0x02, 0x04, 0x10, 0x20
ENTER, CONNECT = 0o1, 0o6


def grant(path: Path, uid: int, right: int) -> None:
    """Grant the user this right to the path beside its owner; all other users, also its group, have none.

    Only the owner of the path may do this, and needs no group in common with the user. Raise OSError on a
    file system without access lists.
    """
    owner = stat.S_IMODE(path.lstat().st_mode) >> 6
    entries = (
        (_OWNER, owner, _NO_ID),
        (_USER, right, uid),
        (_GROUP, 0, _NO_ID),
        (_MASK, right, _NO_ID),
        (_OTHER, 0, _NO_ID),
    )
    packed = b"".join(struct.pack("<HHI", *entry) for entry in entries)
    # Python has this call on Linux only.
    os.setxattr(path, _NAME, struct.pack("<I", _VERSION) + packed)  # type: ignore[attr-defined,unused-ignore]
