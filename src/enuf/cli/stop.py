"""End a stack and wait until it has gone."""

from __future__ import annotations

import contextlib
import signal
import time

import msgspec

from enuf.cli.stack_client import other_owner
from enuf.cli.terminal.output import remark
from enuf.cli.terminal.progress import Progress
from enuf.errors import EnufError, NotReady
from enuf.model.paths import StackPaths
from enuf.run.state import State, is_supervisor, read_state, recover_stack, supervisors
from enuf.system import marks
from enuf.system.orders import Order, give_order
from enuf.system.process import is_suspended
from enuf.system.runtime_dir import leave_place
from enuf.system.stack_lock import is_running, lock_stack

LOOK_EVERY_S = 0.02
ANSWERS_WITHIN_S = 2.0
LEAVES_WITHIN_S = 10.0
"""So much longer than a stop may take is waited for the supervisor to be gone."""
STARTS_WITHIN_S = 60.0
"""How long a start that has recorded nothing yet is waited for."""
AT_ONCE_WITHIN_S = 8.0
KILLED_WITHIN_S = 5.0


def end(paths: StackPaths, *, at_once: bool, quiet: bool) -> bool:
    """Stop the stack and wait for it to exit. Return True if it was running, or if a killed one had left something.

    Raises NotReady when it does not exit within the time that it may take.
    """
    if not is_running(paths):
        return recover_left(paths) > 0
    ending = _Ending(paths, at_once=at_once)
    with Progress("finishing the requests in flight", quiet=quiet):
        ended = ending.run() or (at_once and ending.kill())
    if not ended:
        raise NotReady(
            f"the stack does not end: {ending.what_runs()}", f"see {paths.log}/enuf.log, or: enuf down --now"
        )
    # It has removed all this itself, unless it was killed or was only starting.
    recover_left(paths, expected=True)
    return True


class _Ending:
    """An order to stop, given again until it was taken: a stack that is just starting has no ear for it yet."""

    def __init__(self, paths: StackPaths, *, at_once: bool) -> None:
        self._paths = paths
        self._at_once = at_once
        self._order_taken = False
        self._signalled_at = 0.0
        self._woken = False
        self._state: State | None = None
        """What was recorded at the last look; at its very end a supervisor removes its record."""

    def run(self) -> bool:
        """Return True once the supervisor has gone, False when its time is over."""
        began = time.monotonic()
        while is_running(self._paths):
            self._state = state = read_state(self._paths) or self._state
            if time.monotonic() - began > self._patience_s(state):
                return False
            if state:
                self._wake(state)
            if not self._order_taken:
                self._order_taken = self._give_order()
            if not self._order_taken and state:
                self._signal(state)
            time.sleep(LOOK_EVERY_S)
        return True

    def kill(self) -> bool:
        """Kill the supervisor that the record proves. Return False when there is no record, or it does not help."""
        if self._state is None:
            return False
        deadline = time.monotonic() + KILLED_WITHIN_S
        self._send(self._state, signal.SIGKILL)
        while is_running(self._paths):
            if time.monotonic() > deadline:
                return False
            time.sleep(LOOK_EVERY_S)
        return True

    def what_runs(self) -> str:
        """Return the recorded processes in words."""
        if self._state is None:
            return "it is still starting and has recorded nothing yet"
        units = ", ".join(f"{unit.key} (pid {unit.pid})" for unit in self._state.units)
        supervisor = f"its supervisor (pid {self._state.supervisor.pid}) still runs"
        return supervisor + (f", and so do {units}" if units else "")

    def _patience_s(self, state: State | None) -> float:
        if self._at_once:
            return AT_ONCE_WITHIN_S
        return state.stops_within_s + LEAVES_WITHIN_S if state else STARTS_WITHIN_S

    def _give_order(self) -> bool:
        try:
            give_order(self._paths, Order("stop", at_once=self._at_once), timeout_s=ANSWERS_WITHIN_S)
        except (EnufError, OSError, ValueError, LookupError, TypeError, msgspec.ValidationError):
            return False  # nobody listens there, or what listens answers in no way that we understand
        return True

    def _wake(self, state: State) -> None:
        """Let a supervisor that was suspended go on: it could not stop anything otherwise."""
        if not any(map(is_suspended, supervisors(self._paths, state))):
            return
        for pid in self._send(state, signal.SIGCONT):
            if not self._woken:
                self._woken = True
                remark(
                    "note",
                    f"the supervisor of the stack, pid {pid}, was suspended (Ctrl-Z?); it goes on, to stop",
                )

    def _send(self, state: State, number: int) -> list[int]:
        """Signal the supervisor that the record proves. Return its pid, in a list that is empty when there is none."""
        is_ours = is_supervisor(self._paths, state)
        return [pid for pid in supervisors(self._paths, state) if marks.signal_if(pid, number, is_ours)]

    def _signal(self, state: State) -> None:
        """Ask by signal a supervisor that takes no orders: it is starting, or its control socket is gone.

        Not at every look: a second one would mean `at once`.
        """
        pause_s = 1.0 if self._at_once else float("inf")
        if self._signalled_at and time.monotonic() - self._signalled_at < pause_s:
            return
        if self._send(state, signal.SIGTERM):
            self._signalled_at = time.monotonic()


def end_as_owner(paths: StackPaths, *, quiet: bool) -> None:
    """Stop the stack gracefully in a process of the stack's own user; this process stays who it is."""
    owner = other_owner(paths)
    if owner is None:
        end(paths, at_once=False, quiet=quiet)
        return
    from enuf.system.switch_user import ask_as

    try:
        ask_as(owner, lambda: end(paths, at_once=False, quiet=True), bool)
    except OSError as error:
        raise NotReady(f"the stack does not end: {error}", f"see {paths.log}/enuf.log") from None


def recover_left(paths: StackPaths, *, expected: bool = False) -> int:
    """End what a killed supervisor left. Return how many processes were ended; 0 while a supervisor holds the lock."""
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
    """Do `recover_left` as the user who has the stack, so that root touches nothing in a folder of somebody else."""
    owner = other_owner(paths)
    if owner is None:
        recover_left(paths)
        return
    from enuf.system.switch_user import ask_as

    with contextlib.suppress(OSError):  # the start itself meets whatever is wrong there, and says it
        ask_as(owner, lambda: recover_left(paths), int)
