"""The check whether other users than root can change a file: whether root may read, run and obey it."""

from __future__ import annotations

import errno
import functools
import grp
import os
import pwd
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

ROOT_ONLY = frozenset({0})
ACCESS_LIST = "system.posix_acl_access"
_MOST_LINKS = 40
"""As many symbolic links as the kernel follows in one path (ELOOP)."""


def changeable_by_others(path: Path, trusted: frozenset[int] = ROOT_ONLY) -> Path | None:
    """Return the first file or folder on the way to `path` that a user outside `trusted` can change or replace.

    None when there is none. Every folder above the path counts, and every symbolic link on the way: whoever can
    rename one of them decides what is found there. In a sticky folder such as /tmp only the owner of an entry can
    rename it. A part that does not exist ends the search: its folder decides.
    """
    if _is_only_user():
        return None
    for place in way_to(path):
        try:
            status = place.lstat()
        except OSError:
            return None
        if _is_changeable(place, status, trusted):
            return place
    return None


class WaysJudged:
    """The judgement of many paths: the way to a folder is judged once for all paths below the folder."""

    def __init__(self, trusted: frozenset[int] = ROOT_ONLY) -> None:
        self._trusted = trusted
        self._sound: set[str] = set()
        """The places on whose ways nobody else can change anything."""

    def changeable(self, path: str | Path) -> Path | None:
        """Return what `changeable_by_others` finds for the path, at the cost of one look where its folder was judged."""
        return None if _is_only_user() else self._judge(os.path.abspath(path))  # noqa: PTH100 - links are judged

    def _judge(self, path: str) -> Path | None:
        if path in self._sound:
            return None
        folder = os.path.dirname(path)  # noqa: PTH120 - a Path for each of thousands would cost more than the look
        if folder != path and (foreign := self._judge(folder)):
            return foreign
        try:
            status = os.lstat(path)
        except OSError:
            return None
        if stat.S_ISLNK(status.st_mode):  # the way goes on
            if foreign := changeable_by_others(Path(path), self._trusted):
                return foreign
        elif _is_changeable(path, status, self._trusted):
            return Path(path)
        self._sound.add(path)
        return None


def first_changeable(paths: Iterable[str | Path], trusted: frozenset[int] = ROOT_ONLY) -> Path | None:
    """Return what `changeable_by_others` finds on the way to the first of many paths on which there is something."""
    return next(filter(None, map(WaysJudged(trusted).changeable, paths)), None)


def open_to_others(folder: Path, trusted: frozenset[int] = ROOT_ONLY) -> Path | None:
    """Return what lets a user outside `trusted` change the folder or put files into it.

    None when nothing does.
    Other than for a path on which we only pass, a sticky folder counts: others can make files there that we look for.
    """
    foreign = changeable_by_others(folder, trusted)
    if foreign is not None or _is_only_user():
        return foreign
    try:
        status = folder.stat()
    except OSError:
        return None
    return folder if _lets_others_write(folder, status, trusted) else None


def way_to(path: Path) -> Iterator[Path]:
    """Yield each folder, link and file that the kernel passes when it opens `path`, the root folder first."""
    waiting = list(reversed(Path(os.path.abspath(path)).parts[1:]))  # noqa: PTH100 - links are followed below
    place, links = Path("/"), 0
    yield place
    while waiting:
        part = waiting.pop()
        if part == "..":
            place = place.parent
            continue
        step = place / part
        yield step
        if step.is_symlink() and links < _MOST_LINKS:
            links += 1
            target = step.readlink()
            waiting.extend(reversed(target.parts[1:] if target.is_absolute() else target.parts))
            place = Path("/") if target.is_absolute() else place
        else:
            place = step


def _is_changeable(place: str | Path, status: os.stat_result, trusted: frozenset[int]) -> bool:
    return status.st_uid not in trusted or _writable_by_others(place, status, trusted)


def _writable_by_others(place: str | Path, status: os.stat_result, trusted: frozenset[int]) -> bool:
    if stat.S_ISLNK(status.st_mode):
        return False
    if stat.S_ISDIR(status.st_mode) and status.st_mode & stat.S_ISVTX:
        return False
    return _lets_others_write(place, status, trusted)


def _lets_others_write(place: str | Path, status: os.stat_result, trusted: frozenset[int]) -> bool:
    if status.st_mode & stat.S_IWOTH:
        return True
    if not status.st_mode & stat.S_IWGRP:
        return False
    # With an access list, the group's bits are the mask of everybody who is named in the list (acl(5)).
    return _has_access_list(place) or not _members(status.st_gid) <= trusted


def _has_access_list(place: str | Path) -> bool:
    try:
        return bool(os.getxattr(place, ACCESS_LIST))  # type: ignore[attr-defined,unused-ignore]
    except AttributeError:  # only Linux has this call in Python
        return False
    except OSError as error:
        return error.errno not in (errno.ENODATA, errno.ENOTSUP)


@functools.cache
def _members(gid: int) -> frozenset[int]:
    """Return the uids of everybody in a group; that of root has, beside its named members, only root."""
    try:
        names = set(grp.getgrgid(gid).gr_mem)
    except KeyError:
        names = set()
    users = pwd.getpwall()
    named = {user.pw_uid for user in users if user.pw_name in names}
    return frozenset(named | ({0} if gid == 0 else {user.pw_uid for user in users if user.pw_gid == gid}))


@functools.cache
def _is_only_user() -> bool:
    """Return True in a user namespace of one user (user_namespaces(7)).

    Its root has no more rights than its maker.
    """
    try:
        lines = Path("/proc/self/uid_map").read_text().splitlines()
    except OSError:
        return False
    return sum(int(line.split()[2]) for line in lines) == 1
