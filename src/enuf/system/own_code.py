"""The code of this very process: where it lies, and the guard that keeps root from code of other users."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import NoReturn

from enuf.errors import PrivilegeNeeded
from enuf.model.numbers import decimal
from enuf.system.trust import WaysJudged, changeable_by_others, first_changeable, open_to_others
from enuf.system.user import User, user_of

TRUST_VARIABLE = "ENUF_TRUST_CODE"
"""Set to 1 where root knows better: a container in which all files belong to somebody else, say."""
WAY_OUT = "sudo python3 -m venv /opt/enuf && sudo /opt/enuf/bin/pip install enuf"
"""The commands that make an enuf which only root can change."""


def foreign_code(trusted: frozenset[int]) -> Path | None:
    """Return the first file or folder of this process's code that a user outside `trusted` can change; None without one."""
    entries = [Path(os.path.abspath(entry)) for entry in sys.path]  # noqa: PTH100 - links are judged on the way
    found = next(filter(None, (_open_entry(entry, trusted) for entry in entries)), None)
    return found or first_changeable(_files(entries), trusted)


def _open_entry(entry: Path, trusted: frozenset[int]) -> Path | None:
    """Return what lets others put a module into this entry of `sys.path`; one that is missing can be made in its folder."""
    if entry.is_file():
        return changeable_by_others(entry, trusted)
    existing = next(place for place in (entry, *entry.parents) if place.is_dir())
    return open_to_others(existing, trusted)


def _files(entries: Sequence[Path]) -> Iterator[str | Path]:
    yield from (path for path in (sys.executable, sys.prefix, os.__file__) if path)
    yield Path(sys.prefix) / "pyvenv.cfg"
    if os.path.lexists(sys.argv[0]):
        yield Path(sys.argv[0])
    for entry in entries:
        yield from entry.glob("*.pth")
    for module in list(sys.modules.values()):
        yield from _files_of(getattr(module, "__spec__", None))


def _files_of(spec: ModuleSpec | None) -> Iterator[str]:
    """Yield the file of a module and the file of its compiled code."""
    if spec is not None and spec.has_location:
        yield from (file for file in (spec.origin, spec.cached) if file)


def guard_imports(environ: Mapping[str, str]) -> Path | None:
    """As root, let nothing be imported from here on that a user whom root does not trust can change.

    Return the code of this process that such a user can change already: then nothing is guarded, and root must not go on.
    """
    trusted = _trusted_users(environ)
    if trusted is None:
        return None
    foreign = foreign_code(trusted)
    if foreign is None:
        TrustedImports(trusted).install()
    return foreign


def guard_imports_or_refuse(environ: Mapping[str, str]) -> None:
    """Guard the imports of root from here on. Raise PrivilegeNeeded where the code of this process is not root's already."""
    foreign = guard_imports(environ)
    if foreign is not None:
        refuse_code(foreign)


def _trusted_users(environ: Mapping[str, str]) -> frozenset[int] | None:
    """Return the users whose code root may run: root, and the user of `sudo`. None where every user's code may be run."""
    if os.geteuid() != 0 or environ.get(TRUST_VARIABLE) == "1":
        return None
    uid = decimal(environ.get("SUDO_UID", ""))
    return frozenset({0} if uid is None else {0, uid})


class TrustedImports:
    """A finder that lets root import nothing that a user outside `trusted` can change.

    It stands before all other finders. A process that has become another user is not restrained.
    """

    def __init__(self, trusted: frozenset[int]) -> None:
        self._ways = WaysJudged(trusted)

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return what the other finders find. Raise PrivilegeNeeded for a file that others can change."""
        if os.getuid() != 0:
            return None
        others = (finder for finder in sys.meta_path if finder is not self)
        found = filter(None, (finder.find_spec(name, path, target) for finder in others))
        spec = next(found, None)
        for file in _files_of(spec):
            foreign = self._ways.changeable(file)
            if foreign is not None:
                refuse_code(foreign)
        return spec

    def install(self) -> None:
        """Put this finder before all others, once."""
        if not any(isinstance(finder, TrustedImports) for finder in sys.meta_path):
            sys.meta_path.insert(0, self)


def refuse_code(foreign: Path) -> NoReturn:
    """Raise PrivilegeNeeded for code that another user can change."""
    raise PrivilegeNeeded(
        f"root runs no code that another user can change: {foreign} {rights_on(foreign)}",
        f"install enuf where only root can write, and use that one: {WAY_OUT}",
        slug="code-of-others",
    )


def owner_of_code(foreign: Path) -> User | None:
    """Return the user to whom the code belongs; None for code of root's that others can change."""
    found = foreign.lstat()
    return None if found.st_uid == 0 else user_of(found)


def rights_on(foreign: Path) -> str:
    """Return in words why another user can change the code."""
    owner = owner_of_code(foreign)
    return f"belongs to {owner.name}" if owner else "can be written by others"
