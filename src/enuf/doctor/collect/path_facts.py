"""What the file system says about paths."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Mapping

from enuf.doctor.path_fact import NAMES_LIMIT, PathFact


def facts_of(paths: Iterable[str]) -> Mapping[str, PathFact]:
    """Return the facts about each path."""
    return {path: fact_of(path) for path in paths}


def fact_of(path: str) -> PathFact:
    """Return what stat says about a path, `unknown` if this user may not see it."""
    try:
        status = os.stat(path)  # noqa: PTH116
    except FileNotFoundError:
        return PathFact(kind="absent")
    except (OSError, ValueError):
        return PathFact()
    kinds = ((stat.S_ISREG, "file"), (stat.S_ISDIR, "folder"), (stat.S_ISSOCK, "socket"))
    kind = next((name for test, name in kinds if test(status.st_mode)), "other")
    return PathFact(
        kind=kind,  # type: ignore[arg-type]
        mode=stat.S_IMODE(status.st_mode),
        owner=_owner(status.st_uid),
        group=_group(status.st_gid),
        names=_names(path) if kind == "folder" else (),
        link=_link(path),
    )


def file_identity(path: str) -> str:
    """Return a text that is equal for all names of one file: links, hard links, mounts.

    For a path without a file it is the path without links.
    """
    try:
        status = os.stat(path)  # noqa: PTH116
    except (OSError, ValueError):
        return os.path.realpath(path)
    return f"{status.st_dev}:{status.st_ino}"


def _names(path: str) -> tuple[str, ...]:
    try:
        with os.scandir(path) as entries:
            return tuple(sorted(entry.name for _, entry in zip(range(NAMES_LIMIT), entries, strict=False)))
    except OSError:
        return ()


def _link(path: str) -> str:
    try:
        return os.readlink(path)  # noqa: PTH115
    except OSError:
        return ""


def _owner(uid: int) -> str:
    import pwd

    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def _group(gid: int) -> str:
    import grp

    try:
        return grp.getgrgid(gid).gr_name
    except KeyError:
        return str(gid)
