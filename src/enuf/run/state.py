"""What the supervisor writes down about its processes, and what to do with those that a crash left."""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path

import msgspec

from enuf.model.paths import StackPaths
from enuf.system import files, process

LOOK_EVERY_S = 0.01


class Recorded(msgspec.Struct, frozen=True):
    """A process, and the mark that tells it from a later one with the same pid."""

    key: str
    pid: int
    mark: str


class State(msgspec.Struct, frozen=True, kw_only=True):
    """`state.json`."""

    schema: int = 1
    supervisor: Recorded
    units: tuple[Recorded, ...] = ()
    url: str = ""
    topology: str = ""
    generation: int = 0


def write_state(paths: StackPaths, state: State) -> str:
    """The state is on disk; else why not, in words."""
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
    """The recorded state; None when there is none, or nothing that can be trusted."""
    try:
        return msgspec.json.decode(files.read_regular(Path(paths.state), follow=False), type=State)
    except (OSError, msgspec.DecodeError):
        return None


def recover(paths: StackPaths) -> int:
    """Nothing of an earlier, killed supervisor is left; how many processes had to be ended.

    Call it with the lock held. A recorded pid is only touched while it has the recorded start time (F8, F104).
    """
    state = read_state(paths)
    ended: set[int] = set()
    for unit in state.units if state else ():
        mark = process.start_mark(unit.pid)
        if mark not in (None, unit.mark):
            continue  # another process has this pid now
        while told := process.kill_session(unit.pid):
            ended.update(told)
            time.sleep(LOOK_EVERY_S)
    _clear(Path(paths.runtime))
    files.remove(Path(paths.state))
    return len(ended)


def _clear(runtime: Path) -> None:
    """Remove the sockets and generation folders of a run that is over."""
    with contextlib.suppress(OSError):
        for entry in runtime.iterdir():
            if entry.name not in ("claim", "temporary", "log", "conf"):
                files.remove(entry)
