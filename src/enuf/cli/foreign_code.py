"""Root's guard against enuf code that another user can change."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from enuf.language.spoken import translated, translated_label
from enuf.system.own_code import guard_imports, owner_of_code, refuse_code, rights_on
from enuf.system.own_command import own_command

_VERBS_OF_ROOT = frozenset({"adopt", "install", "uninstall"})


def run_as_owner_of_code(arguments: Sequence[str]) -> int | None:
    """As root, run this very command as the user who can change enuf's code, and return its exit code.

    None where only root, or the user of `sudo`, can change the code: go on, and import nothing else. Raise
    PrivilegeNeeded for what needs root, and where everybody can change the code.
    """
    foreign = guard_imports(os.environ)
    if foreign is None:
        return None
    owner = owner_of_code(foreign)
    if owner is None or not _VERBS_OF_ROOT.isdisjoint(arguments):
        refuse_code(foreign)
    from enuf.system.relay import run_as

    text = translated(f"enuf's code in {foreign} {rights_on(foreign)}, so this runs as {owner.name}")
    sys.stderr.write(f"{translated_label('note')}: {text}\n")
    sys.stderr.flush()
    return run_as(owner, (*own_command(), *arguments))
