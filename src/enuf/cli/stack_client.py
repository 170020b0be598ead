"""The stack of a project, for the verbs that ask or change it."""

from __future__ import annotations

import contextlib
import os
from concurrent.futures import Future, wait
from pathlib import Path
from threading import Thread
from typing import Any

import click
from msgspec.structs import replace

from enuf.cli.verb import current
from enuf.errors import AnswerIsNo, NotRunning, PrivilegeNeeded
from enuf.model.paths import StackPaths
from enuf.system.orders import Order, give_order, not_running
from enuf.system.own_command import with_sudo
from enuf.system.process import is_suspended
from enuf.system.runtime_dir import foreign_owner, locate
from enuf.system.sites import site_of
from enuf.system.stack_lock import is_running
from enuf.system.switch_user import become, keeper_of, refuse_unreadable_code
from enuf.system.user import User

LOOK_EVERY_S = 0.5


def paths_of_ours() -> StackPaths:
    """Where the project's stack is, running or not. Raises PrivilegeNeeded when another user has it.

    Root goes on as the stack's own user: the files in a folder of that user are not to be trusted with more.
    """
    paths = known_paths()
    owner = other_owner(paths)
    if owner is not None:
        refuse_unreadable_code(owner)
        paths = _with_open_logs(paths)
        become(owner, _readers(paths))
    return paths


def known_paths() -> StackPaths:
    """The same, and we stay who we are. A service that runs comes first, then what runs in the project itself."""
    project = current().folder
    installed = _installed_paths(project)
    paths = locate(project)
    if installed and (is_running(installed) or not is_running(paths)):
        return installed
    if not is_running(paths) and (name := foreign_owner(project)):
        raise PrivilegeNeeded(
            f"the stack of {project} belongs to {name}",
            with_sudo((str(click.get_current_context().info_name), "--project", str(project)), user=name),
        )
    return paths


def _installed_paths(project: Path) -> StackPaths | None:
    """The folders of the project's service; None when it is not installed. Raises PrivilegeNeeded when it is another user's."""
    record = site_of(project)
    if record is None:
        return None
    paths = record.site.paths(record.project)
    if os.geteuid() != 0 and (_is_others(Path(paths.runtime)) or _is_closed(Path(paths.log))):
        raise PrivilegeNeeded(
            f"the service {record.site.unit} of {project} belongs to {record.user}", with_sudo()
        )
    return paths


def _is_others(folder: Path) -> bool:
    with contextlib.suppress(FileNotFoundError):
        return folder.stat().st_uid != os.geteuid()
    return False


def _is_closed(folder: Path) -> bool:
    return os.path.lexists(folder) and not os.access(folder, os.R_OK | os.X_OK)


def _with_open_logs(paths: StackPaths) -> StackPaths:
    """The logs of a dynamic user lie in a folder that only root may enter: it is opened before we are root no more."""
    if not Path(paths.log).is_symlink():
        return paths
    folder = os.open(paths.log, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    return replace(paths, logs=f"/proc/self/fd/{folder}")


def _readers(paths: StackPaths) -> tuple[int, ...]:
    """The groups that may read what the host's nginx logs for a service: we could, and go on to."""
    record = site_of(Path(paths.project)) if paths.service else None
    with contextlib.suppress(OSError):
        return (Path(record.site.access_log).stat().st_gid,) if record else ()
    return ()


def other_owner(paths: StackPaths) -> User | None:
    """As root: return the user who has the stack, or without one who keeps the project; None when that is root."""
    # Path.is_dir raises, before Python 3.14, where a folder on the way is closed to us.
    has_runtime = os.path.isdir(paths.runtime)  # noqa: PTH112
    return keeper_of(Path(paths.runtime if has_runtime else paths.project))


def ask(paths: StackPaths, order: Order, timeout_s: float | None = None) -> dict[str, Any]:
    """Return the supervisor's answer.

    Raises NotRunning, AnswerIsNo when it runs and is suspended or silent, or the EnufError that it answers.
    """
    _refuse_suspended(paths)
    try:
        return give_order(paths, order, timeout_s) if timeout_s else _wait_for_answer(paths, order)
    except NotRunning:
        if not is_running(paths):
            raise _not_running(paths) from None
        _refuse_suspended(paths)
        raise AnswerIsNo(
            f"the stack of {paths.project} takes no orders: it is just starting or ending",
            f"wait for it with: enuf status --wait 30s; it writes to {paths.log}/enuf.log",
            slug="not-answering",
        ) from None


def _wait_for_answer(paths: StackPaths, order: Order) -> dict[str, Any]:
    """Wait for as long as it takes, but not for a supervisor that has been suspended meanwhile."""
    answer: Future[dict[str, Any]] = Future()

    def give() -> None:
        try:
            answer.set_result(give_order(paths, order))
        except BaseException as error:
            answer.set_exception(error)

    Thread(target=give, daemon=True).start()
    while not wait([answer], timeout=LOOK_EVERY_S).done:
        _refuse_suspended(paths)
    return answer.result()


def _refuse_suspended(paths: StackPaths) -> None:
    """Raise AnswerIsNo when the supervisor is suspended: it would answer only when it goes on."""
    from enuf.run.state import read_state, supervisors

    state = read_state(paths)
    for pid in supervisors(paths, state) if state else []:
        if state and is_suspended(pid):
            raise AnswerIsNo(
                f"the stack of {paths.project} takes no orders: its supervisor, pid {pid}, is suspended (Ctrl-Z?)",
                f"`fg` in its terminal, or: kill -CONT {pid}"
                + ("; the site still answers" if state.generation else ""),
                slug="suspended",
            )


def _not_running(paths: StackPaths) -> NotRunning:
    """Return the error for a stack that does not run; it says so when the last one has been killed."""
    from enuf.run.state import read_state, sudden_end

    error, state = not_running(paths), read_state(paths)
    return NotRunning(f"{error.summary}: {sudden_end(paths, state)}", error.hint) if state else error
