"""The account that runs an installed app."""

from __future__ import annotations

import contextlib
import grp
from pathlib import Path

from enuf.errors import SettingsInvalid
from enuf.install.services.base import ServiceUser
from enuf.install.tree import HostTree
from enuf.model.site import Site
from enuf.system.user import owner_of, user_named

ADMINISTRATORS = "adm"
NOBODY = "nobody"


def service_user(name: str, project: Path, site: Site, tree: HostTree) -> ServiceUser:
    """Return the named user; for `auto` the project's owner, or a dynamic user where root owns the project.

    The users of an image are those of its own table.

    Files of root are the safest to serve from: the app cannot change its own code, and a dynamic user leaves
    no trace in /etc/passwd. Raise SettingsInvalid for a user who does not exist.
    """
    if name != "auto":
        if tree.account_id(name, "passwd") is None and user_named(name) is None:
            raise SettingsInvalid(
                f"there is no user {name!r}", f"create it (adduser --system {name}), or name another"
            )
        return ServiceUser(name=name)
    owner = owner_of(project)
    if owner.uid == 0:
        return ServiceUser(name=site.full_name, dynamic=True)
    if not tree.is_this_host and project.is_relative_to(tree.root):
        return ServiceUser(name=_owner_in_image(owner.uid, project, tree))
    return ServiceUser(name=owner.name, group="" if user_named(owner.name) else str(owner.gid))


def _owner_in_image(uid: int, project: Path, tree: HostTree) -> str:
    name = tree.account_name(uid, "passwd")
    if not name:
        raise SettingsInvalid(
            f"{project} belongs to user {uid}, and {tree.local_path('/etc/passwd')} has no such user",
            "make the user in the image, or name one of the image's: --user NAME",
        )
    return name


def log_group(user: ServiceUser, tree: HostTree) -> str:
    """Return the group that may read nginx's logs of the site: the user's own, else the administrators'."""
    if not tree.is_this_host:
        return (not user.dynamic and tree.primary_group(user.name)) or ADMINISTRATORS
    account = None if user.dynamic else user_named(user.name)
    with contextlib.suppress(KeyError):
        return grp.getgrgid(account.gid).gr_name if account else ADMINISTRATORS
    return ADMINISTRATORS


def readability_user(user: ServiceUser, tree: HostTree) -> str:
    """Return the account of this machine that must be able to read the files: `nobody` in place of a dynamic user.

    For an image, the user of this machine with the number that the user has in the image, if there is one.
    """
    number = None if tree.is_this_host else tree.account_id(user.name, "passwd")
    if user.dynamic:
        return NOBODY
    if number is None:
        return user.name
    known = user_named(str(number))
    return known.name if known else NOBODY
