"""Data that an earlier site of the same name has left: systemd gives the folders of a service to the user of that service."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.errors import Conflict
from enuf.install.requests import InstallRequest
from enuf.install.services.base import ServiceFormat, ServiceUser
from enuf.install.tree import HostTree
from enuf.model.site import Site
from enuf.syntax.env_file import values_in
from enuf.system.user import user_named

_MOST_NAMES = 5


def refuse_data_of_others(
    request: InstallRequest, user: ServiceUser, site: Site, tree: HostTree, manager: ServiceFormat
) -> None:
    """Raise Conflict for a first install whose app would get the files of an earlier site with another user."""
    if request.old is not None:
        return
    for path, owner in _left(site, user, tree, manager):
        raise Conflict(
            f"{path} holds files of {owner}, left by an earlier site {site.name}: this app runs as {user.name}, who would get them",
            f"choose another name: --name {site.name}-2; or, where they are not needed any more: rm -r {path}",
            slug="data-of-others",
        )


def secrets_before(request: InstallRequest, site: Site, tree: HostTree) -> Iterator[str]:
    """Yield a sentence about the variables that a first install finds: they may be those of an earlier site."""
    if request.old is not None:
        return
    text = tree.state(site.environment_file).content.decode("utf-8", "replace")
    names = [name for name in values_in(text) if name not in request.variables.values]
    if names:
        more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
        yield f"the app gets {', '.join(names[:_MOST_NAMES])}{more}, which {site.environment_file} held before this install"


def _left(site: Site, user: ServiceUser, tree: HostTree, manager: ServiceFormat) -> Iterator[tuple[str, str]]:
    """Yield each folder with files of a user who will not run the new site, and that user's name."""
    account = user_named(user.name) if tree.is_this_host else None
    wanted = account.uid if account else tree.account_id(user.name, "passwd")
    for path in (site.state, site.cache, site.log, site.orders):
        state = tree.state(path)
        if state.kind == "folder" and state.uid not in (0, wanted) and tree.names_in(path):
            known = tree.account_name(state.uid, "passwd")
            yield path, known or f"user {state.uid}"
    if user.dynamic:
        return
    for folder in (manager.private_state, manager.private_cache, manager.private_logs):
        path = f"{folder}/{site.full_name}"
        if tree.names_in(path):
            yield path, "a temporary user of systemd"
