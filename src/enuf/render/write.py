"""The writer of `enuf render`: every file of a plan in one folder, to run without enuf."""

from __future__ import annotations

import os
from pathlib import Path

from enuf.errors import SettingsInvalid
from enuf.model.address import TcpAddress
from enuf.model.paths import StackPaths
from enuf.model.plan import ConfigFile, Plan
from enuf.plan.check import refuse_without_files
from enuf.system.files import write_whole
from enuf.system.user import User

RENDERED_MODE = 0o640
"""Mode of the files: settings may contain secrets (raw.uwsgi), which only the servers' user has to read."""
UWSGI_PATH_LIMIT_BYTES = 102
"""Longest path of a socket in bytes. The system allows 107 (F22); uWSGI refuses to make a socket from 103
on (measured)."""


def rendered_paths(project: Path, folder: Path) -> StackPaths:
    """Return the paths of a stack in one folder: conf, log, run.

    Raise SettingsInvalid for a folder whose path is too long for a unix socket, or that uWSGI takes for a
    port.
    """
    paths = StackPaths(project=str(project), home=str(folder), runtime=f"{folder}/run")
    longest = len(paths.front_socket.encode())  # the longest path of a socket in the folder
    if longest > UWSGI_PATH_LIMIT_BYTES:
        raise SettingsInvalid(
            f"{folder} lies too deep for a unix socket: "
            f"its path would have {longest} bytes, and {UWSGI_PATH_LIMIT_BYTES} is the limit of uWSGI",
            "choose a shorter folder, for example /tmp/site",
        )
    if ":" in str(folder):
        raise SettingsInvalid(
            f"uWSGI takes what follows the colon in {folder} for a port, and could make no socket there",
            "choose a folder without a colon in its path",
        )
    return paths


def write_plan(plan: Plan) -> list[Path]:
    """Write the files and make their folders.

    Raise SettingsInvalid for a plan that files alone cannot run.
    """
    refuse_without_files(plan)
    _refuse_chosen_port(plan)
    paths = plan.paths
    for folder in (paths.conf, paths.log):
        Path(folder).mkdir(parents=True, exist_ok=True)
    for private in (paths.runtime, paths.temp):
        _close(Path(private), 0o700)  # a user who can connect to the app's socket can run code
    written = []
    for file in plan.files:
        target = Path(paths.conf) / file.name
        write_whole(target, file.text, RENDERED_MODE)
        written.append(target)
    return written


def write_plain(plan: Plan, files: tuple[ConfigFile, ...], owner: User | None) -> list[Path]:
    """Write the plain files and make the folder of their servers; as root, `owner` gets the folder.

    Raise SettingsInvalid for a plan that files alone cannot run.
    """
    _refuse_chosen_port(plan)
    folder, run = Path(plan.paths.home), Path(plan.paths.runtime)
    folder.mkdir(parents=True, exist_ok=True)
    _close(run, 0o750, owner)  # a user who can connect to the socket can run code: the group is nginx's
    for file in files:
        (folder / file.name).parent.mkdir(exist_ok=True)
        write_whole(folder / file.name, file.text, RENDERED_MODE)
        if owner is not None and os.geteuid() == 0:
            os.chown(folder / file.name, -1, owner.gid, follow_symlinks=False)
    return [folder / file.name for file in files]


def _close(folder: Path, mode: int, owner: User | None = None) -> None:
    """Make a folder with a mode, and as root with an owner.

    A link is not followed: another user may have made it.

    Raise SettingsInvalid for a link.
    """
    is_new = not os.path.lexists(folder)
    folder.mkdir(exist_ok=True)
    try:
        opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError:
        raise SettingsInvalid(
            f"{folder} is a symbolic link; enuf changes the mode of folders only",
            "remove it, or render into another folder",
        ) from None
    try:
        os.fchmod(opened, mode)
        if owner is not None and os.geteuid() == 0 and (is_new or os.fstat(opened).st_uid == owner.uid):
            os.fchown(opened, owner.uid, owner.gid)
    finally:
        os.close(opened)


def _refuse_chosen_port(plan: Plan) -> None:
    if isinstance(plan.listen, TcpAddress) and plan.listen.port == 0:
        raise SettingsInvalid(
            f"{plan.listen} leaves the choice of the port to the system, and a file must name one",
            "name it: --listen 127.0.0.1:8000",
        )
