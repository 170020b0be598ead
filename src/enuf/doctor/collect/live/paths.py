"""The way to a socket, as nginx's worker meets it: each folder above, then the socket itself."""

from __future__ import annotations

import os
import stat

import msgspec

from enuf.doctor.collect.live.elsewhere import stat_of
from enuf.doctor.facts.host import parent_folders
from enuf.doctor.live.evidence import LiveProcess, PathStat
from enuf.system.switch_user import CannotBecome
from enuf.system.trust import ACCESS_LIST
from enuf.system.user import name_of_uid

_KINDS = ((stat.S_ISREG, "file"), (stat.S_ISDIR, "folder"), (stat.S_ISSOCK, "socket"))
_ENTER, _CONNECT = 0o1, 0o2
"""Connecting takes the right to write, and passing a folder the right to enter (F186)."""


def way_to_socket(path: str, worker: LiveProcess | None) -> tuple[tuple[PathStat, ...], PathStat]:
    """Return the folders above a path, the outermost first, and the path itself."""
    folders = tuple(_stat(folder, worker, _ENTER) for folder in parent_folders(path))
    return folders, _stat(path, worker, _CONNECT)


def kind_in(process: LiveProcess | None, path: str) -> str:
    """Return what is at a path in the mount namespace of a process, `unknown` if this user may not see it."""
    if process is None or not process.mounts:
        return "unknown"
    if process.root:
        return _stat(path, process, 0).kind
    return _kind_at(f"/proc/{process.pid}/root{path}")


def _stat(path: str, worker: LiveProcess | None, right: int) -> PathStat:
    try:
        status = stat_of(worker, path)
    except (FileNotFoundError, NotADirectoryError):
        return PathStat(path=path, kind="absent")
    except (OSError, ValueError):
        return PathStat(path=path)
    kind = next((name for test, name in _KINDS if test(status.st_mode)), "other")
    found = PathStat(
        path=path,
        kind=kind,  # type: ignore[arg-type]
        mode=stat.S_IMODE(status.st_mode),
        uid=status.st_uid,
        gid=status.st_gid,
        owner=name_of_uid(status.st_uid),
        group=_group(status.st_gid),
        has_acl=not (worker and worker.root) and _has_acl(path),
    )
    return msgspec.structs.replace(found, is_allowed=_allowed(found, worker, right))


def _allowed(found: PathStat, worker: LiveProcess | None, right: int) -> bool | None:
    """Return whether a process has a right, from the mode alone; None where an access list decides."""
    if worker is None or worker.uid < 0 or found.mode is None:
        return None
    if worker.uid == 0:
        return True
    if found.has_acl:
        return None
    if worker.uid == found.uid:
        return bool(found.mode & (right << 6))
    if found.gid in worker.groups:
        return bool(found.mode & (right << 3))
    return bool(found.mode & right)


def _kind_at(path: str) -> str:
    try:
        mode = os.stat(path).st_mode  # noqa: PTH116
    except (FileNotFoundError, NotADirectoryError):
        return "absent"
    except (OSError, ValueError, CannotBecome):
        return "unknown"
    return next((name for test, name in _KINDS if test(mode)), "other")


def _has_acl(path: str) -> bool:
    try:
        return ACCESS_LIST in os.listxattr(path)  # type: ignore[attr-defined,unused-ignore]
    except (OSError, AttributeError):
        return False


def _group(gid: int) -> str:
    import grp

    try:
        return grp.getgrgid(gid).gr_name
    except KeyError:
        return str(gid)
