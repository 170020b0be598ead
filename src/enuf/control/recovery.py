"""What a killed supervisor left: found and ended, with the rights of the user who has the stack."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from enuf.model.paths import StackPaths
from enuf.system.runtime_dir import leave_place
from enuf.system.stack_lock import lock_stack
from enuf.system.switch_user import keeper_of
from enuf.system.user import User


def other_owner(paths: StackPaths) -> User | None:
    """Return, as root, the user who has the stack, or the project's keeper where no stack runs.

    Return None for root itself.
    """
    # Path.is_dir raises, before Python 3.14, where a folder on the way is closed to us.
    has_runtime = os.path.isdir(paths.runtime)  # noqa: PTH112
    return keeper_of(Path(paths.runtime if has_runtime else paths.project))


def recover_left(paths: StackPaths, *, expected: bool = False) -> int:
    """End the processes that a killed supervisor left.

    Return their number; 0 while a supervisor holds the lock.
    """
    from enuf.run.state import read_state, recover_stack  # here: most commands recover nothing

    if read_state(paths) is None:
        return 0
    with contextlib.suppress(OSError):
        lock = lock_stack(paths)
        if lock is not None:
            try:
                return recover_stack(paths, expected=expected)
            finally:
                leave_place(paths, lock)
    return 0


def recover_as_owner(paths: StackPaths) -> None:
    """Run `recover_left` as the user who has the stack: root changes no file in another user's folder."""
    owner = other_owner(paths)
    if owner is None:
        recover_left(paths)
        return
    from enuf.system.switch_user import ask_as

    with contextlib.suppress(OSError):  # the start itself meets whatever is wrong there, and says it
        ask_as(owner, lambda: recover_left(paths), int)
