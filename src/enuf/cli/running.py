"""The stack of a project, for the verbs that ask or change it."""

from __future__ import annotations

import contextlib
import os
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from msgspec.structs import replace

from enuf.cli.sudo import with_sudo
from enuf.cli.verb import current
from enuf.errors import AnswerIsNo, NotRunning, PrivilegeNeeded
from enuf.model.paths import StackPaths
from enuf.system.orders import Order, give_order
from enuf.system.place import locate, stranger
from enuf.system.sites import site_of
from enuf.system.stack_lock import is_running

if TYPE_CHECKING:
    from enuf.system.user import User


def paths_of_ours() -> StackPaths:
    """Where the project's stack is, running or not. Raises PrivilegeNeeded when another user has it.

    Root goes on as the stack's own user: the files in a folder of that user are not to be trusted with more.
    """
    paths = known_paths()
    owner = other_owner(paths)
    if owner is not None:
        from enuf.system.user import become

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
    if not is_running(paths) and (name := stranger(project)):
        raise PrivilegeNeeded(
            f"the stack of {project} belongs to {name}",
            f"sudo enuf {click.get_current_context().info_name} --project {shlex.quote(str(project))}",
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
    """As root: the user who has the stack, unless that is root too."""
    if os.geteuid() != 0 or not Path(paths.runtime).is_dir():
        return None
    from enuf.system.user import owner_of

    owner = owner_of(Path(paths.runtime))
    return owner if owner.uid != 0 else None


def ask(paths: StackPaths, order: Order, timeout_s: float | None = None) -> dict[str, Any]:
    """The supervisor's answer. Raises NotRunning, AnswerIsNo when it runs and is silent, or the EnufError that it answers."""
    try:
        return give_order(paths, order, timeout_s)
    except NotRunning:
        if not is_running(paths):
            raise
        raise AnswerIsNo(
            f"the stack of {paths.project} takes no orders: it is just starting or ending",
            f"wait for it with: enuf status --wait 30s; it writes to {paths.log}/enuf.log",
            slug="not-answering",
        ) from None
