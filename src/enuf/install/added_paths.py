"""The paths that --writable has added to the setting install.writable. Pure."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Sequence

from enuf.model.site import Installed


def added_names(
    old: Installed | None, added: Sequence[str], removed: Sequence[str], project: str
) -> tuple[str, ...]:
    """Return the paths that --writable has added so far: those of earlier installs, those of this one, but the removed ones."""
    names = (*earlier_added(old), *added)
    return distinct_names((name for name in names if not is_among(name, removed, project)), project)


def earlier_added(old: Installed | None) -> tuple[str, ...]:
    """Return what earlier installs have added; enuf 0.1 remembered that as a flag."""
    if old is None:
        return ()
    spelled, value = old.flags.get("install.writable", ("", ()))
    flagged = value if isinstance(value, tuple) else (value,)
    return (*old.writable, *(flagged if spelled == "--writable" else ()))


def is_among(name: str, names: Iterable[str], project: str) -> bool:
    """Return True where one of the names leads to this path."""
    return _full(name, project) in {_full(each, project) for each in names}


def _full(name: str, project: str) -> str:
    return posixpath.normpath(posixpath.join(project, name))


def distinct_names(names: Iterable[str], project: str) -> tuple[str, ...]:
    """Return the names without those that lead to the path of an earlier one."""
    return tuple({_full(name, project): name for name in reversed(list(names))}.values())[::-1]
