"""Ending a stack and waiting until it has gone."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from pathlib import Path

from enuf.errors import NotReady, NotRunning, PrivilegeNeeded
from enuf.model.paths import StackPaths
from enuf.run.control import Order, give_order
from enuf.run.state import read_state, recover
from enuf.system import files
from enuf.system.place import locate
from enuf.system.process import start_mark

LOOK_EVERY_S = 0.02
PATIENCE_S = 3600.0


def end(project: Path, *, at_once: bool) -> bool:
    """Nothing of the project's stack runs any more; True when something did.

    Raises PrivilegeNeeded when it is another user's, NotReady when it does not end.
    """
    paths = locate(project)
    if not files.is_locked(Path(paths.lock)):
        return _recover_quietly(paths) > 0
    deadline = time.monotonic() + (10 if at_once else PATIENCE_S)
    try:
        give_order(paths, Order("stop", at_once=at_once), timeout_s=5)
    except NotRunning:
        _signal_supervisor(paths)
    while files.is_locked(Path(paths.lock)):
        if time.monotonic() > deadline:
            raise NotReady("the stack does not end", f"see {paths.log}/enuf.log")
        time.sleep(LOOK_EVERY_S)
    return True


def _recover_quietly(paths: StackPaths) -> int:
    """What a killed supervisor left is cleared away."""
    if read_state(paths) is None:
        return 0
    with contextlib.suppress(OSError):
        lock = files.lock(Path(paths.lock))
        if lock is not None:
            try:
                return recover(paths)
            finally:
                os.close(lock)
    return 0


def _signal_supervisor(paths: StackPaths) -> None:
    """It runs but takes no orders (its control socket is gone): ask it by signal."""
    state = read_state(paths)
    if state is None or start_mark(state.supervisor.pid) != state.supervisor.mark:
        return
    try:
        os.kill(state.supervisor.pid, signal.SIGTERM)
    except PermissionError:
        raise PrivilegeNeeded(
            f"the stack of {paths.project} belongs to another user",
            f"sudo enuf down --project {paths.project}",
        ) from None
