"""Root's guard against enuf code that another user can change."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from enuf.cli.language.spoken import translated, translated_label
from enuf.errors import PrivilegeNeeded
from enuf.model.numbers import decimal
from enuf.system.own_command import own_command
from enuf.system.trust import changeable_by_others
from enuf.system.user import User, user_of

TRUST_VARIABLE = "ENUF_TRUST_CODE"
"""Set to 1 where root knows better: a container in which all files belong to somebody else, say."""
_VERBS_OF_ROOT = frozenset({"install", "uninstall"})


def run_as_owner_of_code(arguments: Sequence[str]) -> int | None:
    """As root, run this very command as the user who can change enuf's code, and return its exit code.

    None where only root, or the user of `sudo`, can change the code: go on. Raise PrivilegeNeeded for what
    needs root, and where everybody can change the code.
    """
    if os.geteuid() != 0 or os.environ.get(TRUST_VARIABLE) == "1":
        return None
    trusted = frozenset({0, *_user_of_sudo()})
    foreign = next(filter(None, (changeable_by_others(path, trusted) for path in _places())), None)
    if foreign is None:
        return None
    owner = _owner(foreign)
    if owner is None or not _VERBS_OF_ROOT.isdisjoint(arguments):
        raise PrivilegeNeeded(
            f"root runs no code that another user can change: {foreign} {_rights(owner)}",
            "install enuf where only root can write, for example: python3 -m venv /opt/enuf",
            slug="code-of-others",
        )
    from enuf.system.relay import run_as

    text = translated(f"enuf's code in {foreign} {_rights(owner)}, so this runs as {owner.name}")
    sys.stderr.write(f"{translated_label('note')}: {text}\n")
    sys.stderr.flush()
    return run_as(owner, (*own_command(), *arguments))


def _places() -> Iterator[Path]:
    import enuf

    yield from map(Path, (enuf.__file__, sys.executable, sys.prefix, os.__file__))
    yield from (Path(entry) for entry in sys.path if entry)


def _user_of_sudo() -> Iterator[int]:
    uid = decimal(os.environ.get("SUDO_UID", ""))
    if uid is not None:
        yield uid


def _owner(foreign: Path) -> User | None:
    """Return the user to whom the code belongs; None for code of root's that everybody can change."""
    found = foreign.lstat()
    if found.st_uid == 0:
        return None
    return user_of(found)


def _rights(owner: User | None) -> str:
    return f"belongs to {owner.name}" if owner else "can be written by others"
