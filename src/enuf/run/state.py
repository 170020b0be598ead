"""The record of a stack's processes, and the end of the processes that a killed supervisor left."""

from __future__ import annotations

import contextlib
import functools
import os
import signal
import stat
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import msgspec
import psutil

from enuf.model.paths import StackPaths
from enuf.model.stack_events import StackLost
from enuf.system import files, marks, process
from enuf.system.journal import EventJournal
from enuf.system.moments import moment_text
from enuf.system.runtime_dir import running_places

LOOK_EVERY_S = 0.01
KILLED_WITHIN_S = 5.0
LIMIT_BYTES = 2**20

Pid = Annotated[int, msgspec.Meta(ge=2, le=2**31 - 1)]


class Recorded(msgspec.Struct, frozen=True):
    """A process, its start time, and what it was lent when it was started: sockets and its log."""

    key: str
    pid: Pid
    mark: str
    holds: tuple[marks.FileIdentity, ...] = ()


class State(msgspec.Struct, frozen=True, kw_only=True):
    """`state.json`."""

    schema: int = 2
    supervisor: Recorded
    units: tuple[Recorded, ...] = ()
    boot: str = ""
    """The boot of the machine in which the pids are valid."""
    run: str = ""
    """The name that every process of this run carries in its environment."""
    uid: int = -1
    started_at: float = 0.0
    stops_within_s: Annotated[float, msgspec.Meta(ge=0, le=10**6)] = 40.0
    """The longest time that a stop may take."""
    url: str = ""
    topology: str = ""
    generation: int = 0


def state_of_this_run(
    *,
    units: tuple[Recorded, ...] = (),
    stops_within_s: float = 40.0,
    url: str = "",
    topology: str = "",
    generation: int = 0,
) -> State:
    """Return the record of this process as the supervisor of these units."""
    pid = os.getpid()
    begun, started_at = _begin_of(pid)
    return State(
        supervisor=Recorded("supervisor", pid, begun),
        units=units,
        boot=marks.boot_id(),
        run=marks.run_id(),
        uid=os.geteuid(),
        started_at=started_at,
        stops_within_s=stops_within_s,
        url=url,
        topology=topology,
        generation=generation,
    )


@functools.cache
def _begin_of(pid: int) -> tuple[str, float]:
    """Return the start mark and the start time of a process of ours.

    Cached: later no descriptor may be left to read them.
    """
    return process.start_mark(pid) or "", round(psutil.Process(pid).create_time(), 2)


def write_state(paths: StackPaths, state: State) -> str:
    """Write the state to the disk. Return why that failed, in words, or an empty string."""
    try:
        files.write_whole(
            Path(paths.state),
            msgspec.json.format(msgspec.json.encode(state), indent=1).decode() + "\n",
            0o600,
        )
    except OSError as error:
        return f"cannot write {paths.state}: {os.strerror(error.errno or 0)}"
    return ""


def read_state(paths: StackPaths) -> State | None:
    """Return the recorded state; None when there is none that can be trusted.

    The record must be a regular file of the user whom it names: no user can make root, or another user, act
    on a forged record.
    """
    try:
        descriptor = os.open(paths.state, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except (OSError, ValueError):
        return None
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode) or status.st_size > LIMIT_BYTES:
            return None
        state = msgspec.json.decode(os.read(descriptor, LIMIT_BYTES), type=State)
    except (OSError, msgspec.DecodeError, RecursionError):
        return None
    finally:
        os.close(descriptor)
    return state if state.uid in (-1, status.st_uid) else None


def is_supervisor(paths: StackPaths, state: State) -> Callable[[int], bool]:
    """Return a test that tells the recorded supervisor from every other process.

    It has the recorded pid, start time and user, in this boot, and holds the stack's lock open. While `enuf
    up -d` starts, the lock goes over to a child of the recorded process, which records itself as its first
    deed.
    """
    lock = (Path(paths.runtime),)
    recorded = state.supervisor.pid

    def holds_lock(pid: int) -> bool:
        return marks.is_of_user(pid, state.uid) and marks.is_open_by(pid, lock)

    def test(pid: int) -> bool:
        if not _is_same(state, state.supervisor):
            return False
        if pid == recorded:
            return holds_lock(pid) or not marks.can_be_looked_into(pid)
        return pid in marks.children_of(recorded) and not holds_lock(recorded) and holds_lock(pid)

    return test


def supervisors(paths: StackPaths, state: State) -> list[int]:
    """Return the pid of the supervisor that the record proves; none when it proves none."""
    is_ours = is_supervisor(paths, state)
    return [pid for pid in (state.supervisor.pid, *marks.children_of(state.supervisor.pid)) if is_ours(pid)]


def stack_with(pid: int) -> StackPaths | None:
    """Return the running stack of this user that recorded a process or its parent; None for no stack's process."""
    with contextlib.suppress(psutil.Error):
        family = {pid, psutil.Process(pid).ppid()}
        for paths in running_places():
            state = read_state(paths)
            if state and family & {state.supervisor.pid, *(unit.pid for unit in state.units)}:
                return paths
    return None


def recover_stack(paths: StackPaths, *, expected: bool = False) -> int:
    """End what a killed supervisor left and remove its files. Return how many processes were ended.

    The caller must hold the lock (F104). Only processes that are proven to be of that run are signalled (F8).
    Unless the end was `expected`, the journal gets an account of how the run ended.
    """
    state = read_state(paths)
    ended = _end_left(state) if state else 0
    if state and not expected:
        EventJournal(paths).record(StackLost(sudden_end(paths, state)))
    _clear(Path(paths.runtime))
    files.remove(Path(paths.state))
    return ended


def sudden_end(paths: StackPaths, state: State) -> str:
    """Return one sentence about a run whose supervisor ended without a stop request."""
    since = f", since {moment_text(state.started_at)}" if state.started_at else ""
    run = f"the last stack (pid {state.supervisor.pid}{since})"
    if state.boot and state.boot != marks.boot_id():
        return f"{run} ended with the machine, which has been started anew since"
    seen = max(files.modified_at(Path(paths.state)), files.modified_at(Path(paths.log) / "enuf.log"))
    between = f", between {moment_text(seen)} and now" if seen else ""
    return f"{run} ended without being asked to{between}; see dmesg for the OOM killer"


def _end_left(state: State) -> int:
    """Kill every process that is proven to be of the recorded run."""
    if state.boot != marks.boot_id() or state.run == marks.run_id():
        return 0  # the pids of another boot mean nothing now
    ended: set[int] = set()
    deadline = time.monotonic() + KILLED_WITHIN_S
    test = _is_left_by(state)
    while left := [pid for pid in _candidates(state) if test(pid)]:
        ended.update(pid for pid in left if marks.signal_if(pid, signal.SIGKILL, test))
        if time.monotonic() > deadline:
            break
        time.sleep(LOOK_EVERY_S)
    return len(ended)


def _candidates(state: State) -> list[int]:
    spared = set(marks.ancestors())
    return [pid for pid in psutil.pids() if pid not in spared and marks.is_of_user(pid, state.uid)]


def _is_left_by(state: State) -> Callable[[int], bool]:
    """Return a test that a process is of the recorded run: it carries our mark, or holds what we gave it.

    A session whose leader is proven and alive holds only descendants of that leader. When the leader is gone,
    the session id may be that of a foreign session: its members need a proof of their own, like every other
    process.
    """
    units = {unit.pid: unit for unit in state.units}
    given = frozenset(each for unit in state.units for each in unit.holds)

    def is_unit(pid: int) -> bool:
        unit = units.get(pid)
        if unit is None or not _is_same(state, unit):
            return False
        return not marks.can_be_looked_into(pid) or is_marked(pid) or marks.holds(pid, frozenset(unit.holds))

    def is_marked(pid: int) -> bool:
        return bool(state.run) and marks.carried(pid)[0] == state.run

    def test(pid: int) -> bool:
        if not marks.is_of_user(pid, state.uid) or process.start_mark(pid) is None:
            return False
        if is_unit(pid) or is_marked(pid):
            return True
        session = marks.session_of(pid)
        return session in units and (is_unit(session) or marks.holds(pid, given))

    return test


def _is_same(state: State, recorded: Recorded) -> bool:
    return (
        state.boot == marks.boot_id()
        and bool(recorded.mark)
        and process.start_mark(recorded.pid) == recorded.mark
        and marks.is_of_user(recorded.pid, state.uid)
    )


def _clear(runtime: Path) -> None:
    """Remove the sockets and generation folders of a run that is over."""
    with contextlib.suppress(OSError):
        for entry in runtime.iterdir():
            if entry.name not in ("claim", "temporary", "log", "conf"):
                files.remove(entry)
        for entry in (
            runtime / "temporary"
        ).iterdir():  # cached pages: this run counts its versions from 1 again
            files.remove(entry)
