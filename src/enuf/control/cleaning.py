"""The removal of runtime folders that stacks have left behind."""

from __future__ import annotations

import contextlib
from pathlib import Path

from enuf.control.recovery import recover_left
from enuf.model.paths import StackPaths
from enuf.system.runtime_dir import abandoned_places, leave_place
from enuf.system.stack_lock import is_running, lock_stack
from enuf.system.switch_user import ask_as, keeper_of


def clean_runtime_folders(paths: StackPaths) -> list[str]:
    """Remove the runtime folder of a project in which no stack runs, and those of projects that are gone.

    Processes that a killed supervisor of the project left are ended. Return the folders that were removed. A folder
    that holds the only configs and logs of a stack stays.
    """
    own = [paths] if Path(paths.runtime).is_dir() and not is_running(paths) else []
    return [each.runtime for each in (*own, *abandoned_places()) if _clean(each)]


def _clean(paths: StackPaths) -> bool:
    """Remove one folder, with the rights of its owner. Return True if the folder is gone."""
    owner = keeper_of(Path(paths.runtime))
    with contextlib.suppress(OSError):
        return _clean_own(paths) if owner is None else ask_as(owner, lambda: _clean_own(paths), bool)
    return False


def _clean_own(paths: StackPaths) -> bool:
    recover_left(paths)
    if Path(paths.runtime).is_dir() and (lock := lock_stack(paths)) is not None:
        leave_place(paths, lock)
    return not Path(paths.runtime).exists()
