"""Root's guard against enuf code that another user can change."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence

from enuf.language.spoken import translated, translated_label
from enuf.model.numbers import decimal
from enuf.system.own_code import TrustedImports, foreign_code, owner_of_code, refuse_code, rights_on
from enuf.system.own_command import own_command

TRUST_VARIABLE = "ENUF_TRUST_CODE"
"""Set to 1 where root knows better: a container in which all files belong to somebody else, say."""
_VERBS_OF_ROOT = frozenset({"adopt", "install", "uninstall"})


def run_as_owner_of_code(arguments: Sequence[str]) -> int | None:
    """As root, run this very command as the user who can change enuf's code, and return its exit code.

    None where only root, or the user of `sudo`, can change the code: go on, and import nothing else. Raise
    PrivilegeNeeded for what needs root, and where everybody can change the code.
    """
    if os.geteuid() != 0 or os.environ.get(TRUST_VARIABLE) == "1":
        return None
    trusted = frozenset({0, *_user_of_sudo()})
    foreign = foreign_code(trusted)
    if foreign is None:
        TrustedImports(trusted).install()
        return None
    owner = owner_of_code(foreign)
    if owner is None or not _VERBS_OF_ROOT.isdisjoint(arguments):
        refuse_code(foreign)
    from enuf.system.relay import run_as

    text = translated(f"enuf's code in {foreign} {rights_on(foreign)}, so this runs as {owner.name}")
    sys.stderr.write(f"{translated_label('note')}: {text}\n")
    sys.stderr.flush()
    return run_as(owner, (*own_command(), *arguments))


def _user_of_sudo() -> Iterator[int]:
    uid = decimal(os.environ.get("SUDO_UID", ""))
    if uid is not None:
        yield uid
