"""The stack of a project, for the verbs that ask or change it."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import Any

import click
from msgspec.structs import replace

from enuf.cli.verb import current
from enuf.errors import AnswerIsNo, NotRunning, PrivilegeNeeded
from enuf.model.paths import StackPaths
from enuf.system.files import is_locked
from enuf.system.orders import Order, give_order
from enuf.system.own_command import with_sudo
from enuf.system.place import locate, stranger
from enuf.system.sites import site_of
from enuf.system.switch_user import become, keeper_of
from enuf.system.user import User, owner_of


def paths_of_ours() -> StackPaths:
    """Where the project's stack is, running or not. Raises PrivilegeNeeded when another user has it.

    Root goes on as the stack's own user: the files in a folder of that user are not to be trusted with more.
    """
    paths = known_paths()
    owner = other_owner(paths)
    if owner is not None:
        paths = _with_open_logs(paths)
        become(owner, _readers(paths))
    return paths


def known_paths() -> StackPaths:
    """The same, and we stay who we are. A service that runs comes first, then what runs in the project itself."""
    project = current().folder
    installed = _installed_paths(project)
    paths = locate(project)
    if installed and (is_locked(Path(installed.lock)) or not is_locked(Path(paths.lock))):
        return installed
    if not is_locked(Path(paths.lock)) and (name := stranger(project)):
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
        return (Path(record.site.nginx_log).stat().st_gid,) if record else ()
    return ()


def other_owner(paths: StackPaths) -> User | None:
    """As root: return the user who has the stack, or without one who keeps the project; None when that is root."""
    if os.geteuid() != 0:
        return None
    runtime = Path(paths.runtime)
    if not runtime.is_dir():
        return keeper_of(Path(paths.project))
    owner = owner_of(runtime)
    return owner if owner.uid != 0 else None


def ask(paths: StackPaths, order: Order, timeout_s: float | None = None) -> dict[str, Any]:
    """The supervisor's answer. Raises NotRunning, AnswerIsNo when it runs and is silent, or the EnufError that it answers."""
    try:
        return give_order(paths, order, timeout_s)
    except NotRunning:
        if not is_locked(Path(paths.lock)):
            raise
        raise AnswerIsNo(
            f"the stack of {paths.project} takes no orders: it is just starting or ending",
            f"wait for it with: enuf status --wait 30s; it writes to {paths.log}/enuf.log",
            slug="not-answering",
        ) from None
