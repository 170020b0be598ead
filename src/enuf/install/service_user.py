"""The account that runs an installed app."""

from __future__ import annotations

import contextlib
import grp
from pathlib import Path

from enuf.errors import SettingsInvalid
from enuf.install.services.base import ServiceUser
from enuf.model.site import Site
from enuf.system.user import owner_of, user_named

ADMINISTRATORS = "adm"
NOBODY = "nobody"


def service_user(name: str, project: Path, site: Site) -> ServiceUser:
    """Return the named user; for `auto` the project's owner, or a dynamic user where root owns the project.

    Files of root are the safest to serve from: the app cannot change its own code, and a dynamic user leaves
    no trace in /etc/passwd. Raise SettingsInvalid for a user who does not exist.
    """
    if name != "auto":
        if user_named(name) is None:
            raise SettingsInvalid(
                f"there is no user {name!r}", f"create it (adduser --system {name}), or name another"
            )
        return ServiceUser(name=name)
    owner = owner_of(project)
    if owner.uid == 0:
        return ServiceUser(name=site.full_name, dynamic=True)
    return ServiceUser(name=owner.name, group="" if user_named(owner.name) else str(owner.gid))


def log_group(user: ServiceUser) -> str:
    """Return the group that may read nginx's logs of the site: the user's own, else the administrators'."""
    account = None if user.dynamic else user_named(user.name)
    with contextlib.suppress(KeyError):
        return grp.getgrgid(account.gid).gr_name if account else ADMINISTRATORS
    return ADMINISTRATORS


def readability_user(user: ServiceUser) -> str:
    """Return the account that must be able to read the files: `nobody` in place of a dynamic user."""
    return NOBODY if user.dynamic else user.name
