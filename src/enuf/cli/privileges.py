"""As root: become the user that runs the servers, before anything of the project is run."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from pathlib import Path

from enuf.model.address import Address, UnixAddress
from enuf.prepare import Invocation, what_must_be_read
from enuf.settings.load import Loaded
from enuf.system.place import HOME
from enuf.system.user import User, become, hand_folder_over

_ROOTS_OWN = frozenset(
    {"XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME",
     "SUDO_UID", "SUDO_GID", "SUDO_USER", "SUDO_COMMAND", "SUDO_HOME", "MAIL"}
)  # fmt: skip
"""Variables that speak about root's own session."""


def run_user(
    invocation: Invocation, loaded: Loaded, environ: Mapping[str, str]
) -> tuple[User | None, list[str]]:
    """The user to become, None to stay who we are, and warnings. Raises SettingsInvalid or AppNotFound."""
    wish = loaded.settings.serve.user
    if os.geteuid() != 0 or wish == "root":
        return None, []
    from enuf.discover.app import find_app
    from enuf.discover.run_user import find_run_user

    project = Path(invocation.project)
    app = find_app(project, invocation.target or loaded.settings.app or None, environ)
    found = find_run_user(wish, project, lambda: what_must_be_read(invocation, loaded, environ, app))
    return found.user, [found.warning] if found.warning else []


def drop_to(
    user: User, project: Path, bound: Address, environ: Mapping[str, str]
) -> tuple[dict[str, str], list[str]]:
    """We are that user from now on, for good; the environment that goes with it, and warnings."""
    hand_folder_over(project / HOME, user)
    if isinstance(bound, UnixAddress):
        _hand_socket_over(Path(bound.path), user)
    become(user)
    kept = {name: value for name, value in environ.items() if name not in _ROOTS_OWN}
    return {**kept, "HOME": user.home, "USER": user.name, "LOGNAME": user.name}, _stays_behind(bound, user)


def _hand_socket_over(path: Path, user: User) -> None:
    found = path.lstat()
    if stat.S_ISSOCK(found.st_mode) and found.st_uid == 0:
        os.chown(path, user.uid, user.gid, follow_symlinks=False)


def _stays_behind(bound: Address, user: User) -> list[str]:
    if isinstance(bound, UnixAddress) and not os.access(Path(bound.path).parent, os.W_OK):
        folder = Path(bound.path).parent
        return [f"{bound.path} will stay there after the end: {user.name} may not remove it from {folder}"]
    return []
