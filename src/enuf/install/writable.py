"""Which paths an installed app may write: those of the settings, and those that --writable has added."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path

from enuf.errors import SettingsInvalid
from enuf.install.added_paths import distinct_names, earlier_added, is_among
from enuf.install.requests import InstallRequest, RequestInvalid
from enuf.install.service_user import readability_user
from enuf.install.services.base import ServiceUser
from enuf.install.target_host import TargetHost
from enuf.model.site import Site
from enuf.settings.load import Loaded
from enuf.system.switch_user import ask_as
from enuf.system.user import user_named


def writable_names(request: InstallRequest, loaded: Loaded) -> tuple[str, ...]:
    """Return the names of all paths that the app may write.

    Raise SettingsInvalid for a path of --not-writable that a settings file names, RequestInvalid for one that is not writable.
    """
    project, said = request.invocation.project, loaded.settings.install.writable
    known = [*said, *request.writable, *earlier_added(request.old)]
    for name in request.not_writable:
        if is_among(name, said, project):
            raise SettingsInvalid(
                f"--not-writable {name}: {loaded.origins['install.writable']} names it in install.writable",
                "remove it there, then: enuf install",
            )
        if not is_among(name, known, project):
            raise RequestInvalid(
                f"--not-writable {name}: the app may not write there anyway; added are: {', '.join(known) or 'none'}"
            )
    return distinct_names((*said, *request.writable), project)


def lost_warnings(request: InstallRequest, writable: Sequence[str]) -> Iterator[str]:
    """Yield the paths that an earlier install let the app write and this one does not."""
    if request.old is None:
        return
    paths = [path for path in request.old.may_write if path not in writable]
    if paths:
        yield f"the app may no longer write {', '.join(paths)}"


def refuse_unwritable(paths: Sequence[str], user: ServiceUser, site: Site, host: TargetHost) -> None:
    """Raise SettingsInvalid for a path that the user of the service may not write, tried as that user."""
    account = user_named(readability_user(user, host.tree))
    if os.geteuid() != 0 or account is None or not host.servers.are_live:
        return
    for path in paths:
        if ask_as(account, lambda path=path: _may_write(path), bool):  # type: ignore[misc]
            continue
        if user.dynamic:
            raise SettingsInvalid(
                f"install.writable: the project is root's, so the app runs as a temporary user, who may not write {path}",
                f"keep its files in $STATE_DIRECTORY ({site.state}), which is the app's own; or name a user: --user NAME",
                slug="not-writable",
            )
        owner = shlex.quote(user.name)
        raise SettingsInvalid(
            f"install.writable: the app runs as {user.name}, who may not write {path}",
            f"chown {owner} {shlex.quote(path)}, or keep the files in $STATE_DIRECTORY ({site.state})",
            slug="not-writable",
        )


def _may_write(path: str) -> bool:
    needed = os.W_OK | (os.X_OK if Path(path).is_dir() else 0)
    return os.access(path, needed)
