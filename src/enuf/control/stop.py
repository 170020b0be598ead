"""Stop a running stack and wait for it to exit."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable

import msgspec

from enuf.control.recovery import other_owner, recover_left
from enuf.errors import EnufError, NotReady
from enuf.model.paths import StackPaths
from enuf.model.protocol import StopReply, StopRequest
from enuf.run.state import State, is_supervisor, read_state, supervisors
from enuf.system import marks
from enuf.system.control_client import send_request
from enuf.system.process import is_suspended, start_mark
from enuf.system.stack_lock import is_running

Note = Callable[[str], None]

LOOK_EVERY_S = 0.02
ANSWERS_WITHIN_S = 2.0
LEAVES_WITHIN_S = 10.0
"""How much longer than the stop itself the exit of the supervisor may take."""
STARTS_WITHIN_S = 60.0
"""How long to wait for a start that has written no record yet."""
AT_ONCE_WITHIN_S = 8.0
KILLED_WITHIN_S = 5.0


def stop_stack(paths: StackPaths, *, at_once: bool, note: Note) -> bool:
    """Stop the stack and wait for it to exit.

    Return True if it was running, or if a killed supervisor left processes.

    `note` is called with a sentence that the user should read. Raise NotReady when the stack does not exit in
    the time that its stop may take.
    """
    if not is_running(paths):
        return recover_left(paths) > 0
    stop = _Stop(paths, at_once=at_once, note=note)
    if not (stop.run() or (at_once and stop.kill())):
        raise NotReady(
            f"the stack does not end: {stop.what_runs()}", f"see {paths.log}/enuf.log, or: enuf down --now"
        )
    # A supervisor removes these records itself, unless it was killed or was still starting.
    recover_left(paths, expected=True)
    return True


class _Stop:
    """A stop request, repeated until the supervisor takes it.

    One that is still starting accepts no request yet.
    """

    def __init__(self, paths: StackPaths, *, at_once: bool, note: Note) -> None:
        self._paths = paths
        self._at_once = at_once
        self._note = note
        self._is_accepted = False
        self._signalled_at = 0.0
        self._woken = False
        self._proven: dict[int, str | None] = {}
        """The start mark of each process that was proven to be the supervisor."""
        self._state: State | None = None
        """The record at the last look: a supervisor removes it just before it exits."""

    def run(self) -> bool:
        """Repeat the request until the supervisor has exited. Return False when its time is over."""
        began = time.monotonic()
        while is_running(self._paths):
            self._state = state = read_state(self._paths) or self._state
            if time.monotonic() - began > self._patience_s(state):
                return False
            if state:
                self._wake(state)
            if not self._is_accepted:
                self._is_accepted = self._request_stop()
            if not self._is_accepted and state:
                self._signal(state)
            time.sleep(LOOK_EVERY_S)
        return True

    def kill(self) -> bool:
        """Kill the recorded supervisor. Return False without a record, or when it survives."""
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

    def _request_stop(self) -> bool:
        try:
            send_request(self._paths, StopRequest(self._at_once), StopReply, timeout_s=ANSWERS_WITHIN_S)
        except (EnufError, OSError, ValueError, LookupError, TypeError, msgspec.ValidationError):
            return False  # no listener, or an answer of another protocol
        return True

    def _wake(self, state: State) -> None:
        """Continue a suspended supervisor: it cannot stop its servers otherwise."""
        for pid in supervisors(self._paths, state):
            self._proven[pid] = start_mark(pid)
        if not any(map(is_suspended, self._proven)):
            return
        for pid in self._send(state, signal.SIGCONT):
            if not self._woken:
                self._woken = True
                self._note(
                    f"the supervisor of the stack, pid {pid}, was suspended (Ctrl-Z?); it goes on, to stop"
                )

    def _send(self, state: State, number: int) -> list[int]:
        """Signal the recorded supervisor. Return the pids that were signalled, at most one.

        A process that was proven once stays proven: a supervisor removes the folder of its lock before it exits.
        """
        by_record = is_supervisor(self._paths, state)

        def is_ours(pid: int) -> bool:
            begun = start_mark(pid)
            return begun is not None and (by_record(pid) or self._proven.get(pid) == begun)

        candidates = {*self._proven, *supervisors(self._paths, state)}
        return [pid for pid in candidates if marks.signal_if(pid, number, is_ours)]

    def _signal(self, state: State) -> None:
        """Send TERM to a supervisor that takes no requests.

        One that is starting, or whose control socket is gone.
        A second TERM means `at once`, so a graceful stop sends only one.
        """
        pause_s = 1.0 if self._at_once else float("inf")
        if self._signalled_at and time.monotonic() - self._signalled_at < pause_s:
            return
        if self._send(state, signal.SIGTERM):
            self._signalled_at = time.monotonic()


def stop_as_owner(paths: StackPaths, *, note: Note) -> None:
    """Stop the stack gracefully in a process of the stack's own user; this process keeps its user.

    Raise NotReady when the stack does not exit.
    """
    owner = other_owner(paths)
    if owner is None:
        stop_stack(paths, at_once=False, note=note)
        return
    from enuf.system.switch_user import ask_as

    try:
        ask_as(owner, lambda: stop_stack(paths, at_once=False, note=_ignore), bool)
    except OSError as error:
        raise NotReady(f"the stack does not end: {error}", f"see {paths.log}/enuf.log") from None


def _ignore(_text: str) -> None:
    """Take a note that cannot be printed: this process has no terminal."""
