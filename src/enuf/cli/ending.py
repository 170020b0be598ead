"""Ending a stack and waiting until it has gone."""

from __future__ import annotations

import contextlib
import os
import signal
import time

from enuf.cli.progress import Progress
from enuf.cli.running import other_owner
from enuf.errors import NotReady, NotRunning
from enuf.model.paths import StackPaths
from enuf.run.state import read_state, recover
from enuf.system.orders import Order, give_order
from enuf.system.place import leave_place
from enuf.system.process import start_mark
from enuf.system.stack_lock import is_running, lock_stack

LOOK_EVERY_S = 0.02
PATIENCE_S, PATIENCE_AT_ONCE_S = 3600.0, 10.0


def end(paths: StackPaths, *, at_once: bool, quiet: bool) -> bool:
    """Nothing of the stack runs any more; True when something did. Raises NotReady when it does not end."""
    if not is_running(paths):
        return _recover_quietly(paths) > 0
    deadline = time.monotonic() + (PATIENCE_AT_ONCE_S if at_once else PATIENCE_S)
    try:
        give_order(paths, Order("stop", at_once=at_once), timeout_s=5)
    except NotRunning:
        _signal_supervisor(paths)
    with Progress("finishing the requests in flight", quiet=quiet):
        while is_running(paths):
            if time.monotonic() > deadline:
                raise NotReady("the stack does not end", f"see {paths.log}/enuf.log, or: enuf down --now")
            time.sleep(LOOK_EVERY_S)
    return True


def end_as_owner(paths: StackPaths, *, quiet: bool) -> None:
    """The same, gracefully, in a process of the stack's own user: we stay who we are."""
    owner = other_owner(paths)
    if owner is None:
        end(paths, at_once=False, quiet=quiet)
        return
    from enuf.system.user import as_user

    try:
        as_user(owner, lambda: str(end(paths, at_once=False, quiet=quiet)))
    except OSError as error:
        raise NotReady(f"the stack does not end: {error}", f"see {paths.log}/enuf.log") from None


def _recover_quietly(paths: StackPaths) -> int:
    """What a killed supervisor left is cleared away."""
    if read_state(paths) is None:
        return 0
    with contextlib.suppress(OSError):
        lock = lock_stack(paths)
        if lock is not None:
            try:
                return recover(paths)
            finally:
                leave_place(paths, lock)
    return 0


def _signal_supervisor(paths: StackPaths) -> None:
    """It runs but takes no orders (its control socket is gone): ask it by signal."""
    state = read_state(paths)
    if state is not None and start_mark(state.supervisor.pid) == state.supervisor.mark:
        with contextlib.suppress(OSError):
            os.kill(state.supervisor.pid, signal.SIGTERM)
