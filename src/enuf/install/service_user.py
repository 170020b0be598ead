"""As whom an installed app runs."""

from __future__ import annotations

import contextlib
import grp
from pathlib import Path

from enuf.errors import SettingsInvalid
from enuf.install.unit import ServiceUser
from enuf.model.site import Site
from enuf.system.user import owner_of, user_named

ADMINISTRATORS = "adm"
NOBODY = "nobody"
"""As whom it is tried whether a user who owns nothing can read the app."""


def service_user(wish: str, project: Path, site: Site) -> ServiceUser:
    """The named user, or the project's owner, or, where that is root, one that exists only while the service runs.

    Root's own files are the safest ones to serve from: the app cannot change its code. A user that systemd makes up
    leaves no trace in /etc/passwd. Raises SettingsInvalid for a user who does not exist.
    """
    if wish != "auto":
        if user_named(wish) is None:
            raise SettingsInvalid(
                f"there is no user {wish!r}", f"create it (adduser --system {wish}), or name another"
            )
        return ServiceUser(name=wish)
    owner = owner_of(project)
    if owner.uid == 0:
        return ServiceUser(name=site.full_name, dynamic=True)
    return ServiceUser(name=owner.name, group="" if user_named(owner.name) else str(owner.gid))


def log_group(user: ServiceUser) -> str:
    """The group whose members may read what nginx logs for the site: the user's own, or that of the host's administrators."""
    found = None if user.dynamic else user_named(user.name)
    with contextlib.suppress(KeyError):
        return grp.getgrgid(found.gid).gr_name if found else ADMINISTRATORS
    return ADMINISTRATORS


def stand_in(user: ServiceUser) -> str:
    """Who plays this user before the service runs."""
    return NOBODY if user.dynamic else user.name
