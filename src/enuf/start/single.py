"""One stack per project: a start is refused beside a running stack or service, and takes the lock."""

from __future__ import annotations

import time
from pathlib import Path

from enuf.errors import Conflict, EnufError
from enuf.model.paths import StackPaths
from enuf.start.privileges import with_rights_of_keeper
from enuf.system.process import is_suspended
from enuf.system.runtime_dir import take_place
from enuf.system.stack_lock import StackLock, is_running

LOCK_TRIES, LOOK_EVERY_S = 20, 0.02


def refuse_beside_service(project: Path) -> None:
    """Raise Conflict when the installed service of this project runs."""
    from enuf.system.sites import site_of

    record = site_of(project)
    if record and is_running(record.site.paths(record.project)):
        raise Conflict(
            f"{project} is served by {record.site.unit} on this host already",
            "`enuf reload` takes new code and settings; serve a copy of the project from another folder",
            slug="already-running",
        )


def refuse_second(paths: StackPaths) -> None:
    """Raise Conflict when a stack of this project runs already."""
    if is_running(paths):
        raise _second(paths)


def _second(paths: StackPaths) -> EnufError:
    from enuf.run.state import read_state

    with with_rights_of_keeper(Path(paths.home)):
        state = read_state(paths)
    where = f" at {state.url}" if state and state.url else ""
    holder = f" (pid {state.supervisor.pid}){where}" if state else ""
    if state and is_suspended(state.supervisor.pid):
        return Conflict(
            f"a stack of {paths.project} runs already{holder}, and its supervisor is suspended (Ctrl-Z?)",
            f"`fg` in its terminal, or: kill -CONT {state.supervisor.pid}; `enuf down` stops it",
            slug="already-running",
        )
    return Conflict(
        f"a stack of {paths.project} runs already{holder}",
        "`enuf reload` takes new code and settings, `enuf down` stops it",
        slug="already-running",
    )


def take_lock(project: Path) -> tuple[StackPaths, str, StackLock]:
    """Make the folders of the stack and take its lock.

    Return the paths, a warning or an empty string, and the lock.

    Raise Conflict when another stack holds the lock for longer than a look at its state takes.
    """
    for _ in range(LOCK_TRIES):
        paths, warning, lock = take_place(project)
        if lock is not None:
            return paths, warning, lock
        time.sleep(LOOK_EVERY_S)
    raise _second(paths)
