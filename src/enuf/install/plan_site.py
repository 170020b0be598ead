"""The plan of a site, made as the user who will run the app, with the environment of a service.

A file that this user cannot read, or a variable that a service does not have, is reported before the install.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec
from msgspec.structs import replace

from enuf.errors import SettingsInvalid
from enuf.install.dashboard_port import dashboard_address, refuse_dashboard_of_another
from enuf.install.requests import SERVICE_ENVIRONMENT, SITE_DEFAULT, InstallRequest, RequestInvalid
from enuf.install.service_folders import is_in
from enuf.install.service_user import readability_user
from enuf.install.services.base import ServiceUser
from enuf.install.target_host import TargetHost
from enuf.model.address import TcpAddress
from enuf.model.app import SPA
from enuf.model.plan import Plan
from enuf.model.site import Site
from enuf.plan.release_paths import through_link
from enuf.settings.load import Loaded
from enuf.settings.schema import Settings
from enuf.start.invocation import Invocation
from enuf.start.password_files import UNUSABLE, problem_with
from enuf.start.plan_only import planned
from enuf.start.privileges import read_settings_of_keeper
from enuf.system.switch_user import ask_as, first_obstacle
from enuf.system.user import User, user_named


class SitePlan(msgspec.Struct, frozen=True, kw_only=True):
    """A plan, its site with the static folders that nginx cannot read, and warnings for the user."""

    plan: Plan
    site: Site
    warnings: tuple[str, ...]


def with_site_defaults(request: InstallRequest, host: TargetHost) -> tuple[Invocation, Loaded]:
    """Return the invocation and its settings with the defaults of a site.

    These are port 80 or 443, the host's own nginx, and a port of the dashboard that stays. Raise RequestInvalid when no
    domain is given, and Conflict for the dashboard of another site.
    """
    invocation = request.invocation
    loaded = read_settings_of_keeper(invocation, SERVICE_ENVIRONMENT)
    if not loaded.settings.serve.hosts and not loaded.settings.install.default_site:
        raise RequestInvalid(
            "name the site, as visitors type it: --domain shop.example.com, or serve.hosts in enuf.toml. "
            "This nginx has other sites too, and goes by that name; --domain _ is for all names that no other site has"
        )
    defaults = {"serve.listen": str(loaded.settings.serve.address)}
    dashboard, name = loaded.settings.dashboard.listen, request.name
    if loaded.origins["dashboard.listen"].kind == "default" and isinstance(dashboard, TcpAddress):
        defaults["dashboard.listen"] = str(dashboard_address(dashboard, request.old, name, host.tree))
    else:
        refuse_dashboard_of_another(dashboard, name, host.tree)
    if host.servers.are_live:
        defaults["nginx"] = "system"
    flags = {
        key: (SITE_DEFAULT, value) for key, value in defaults.items() if loaded.origins[key].kind == "default"
    }
    invocation = replace(invocation, flags={**invocation.flags, **flags})
    return invocation, read_settings_of_keeper(invocation, SERVICE_ENVIRONMENT)


def plan_site(
    invocation: Invocation, settings: Settings, user: ServiceUser, site: Site, host: TargetHost
) -> SitePlan:
    """Return the plan of a site.

    Raise EnufError as a start would, and where nginx cannot read a folder of static.extra.
    """
    plan, warnings = _plan_as(invocation, user, site, host)
    _refuse_unusable_passwords(settings.access.paths_in(invocation.project), host)
    closed = list(_closed_folders(plan, host))
    if not closed:
        return SitePlan(plan=plan, site=site, warnings=tuple(warnings))
    site = replace(site, closed=tuple(folder for folder, _ in closed))
    plan, _ = _plan_as(invocation, user, site, host)
    return SitePlan(plan=plan, site=site, warnings=(*warnings, *(warning for _, warning in closed)))


def _plan_as(
    invocation: Invocation, user: ServiceUser, site: Site, host: TargetHost
) -> tuple[Plan, list[str]]:
    """Return the plan made as the service's user, and warnings."""
    flags = {**invocation.flags, "serve.user": ("--user", readability_user(user, host.tree))}
    image = "" if host.tree.is_this_host else str(host.tree.root)
    as_user = replace(invocation, flags=flags, site=site, image=image)
    try:
        return planned(as_user, SERVICE_ENVIRONMENT, site.paths(invocation.project))
    except SettingsInvalid as error:
        unreadable = error.summary.partition(" may not read ")[2]
        if not user.dynamic or error.slug != "user-cannot-read" or not unreadable:
            raise
        raise SettingsInvalid(
            "the project is root's, so the app is to run as a user who owns nothing, "
            f"and such a one may not read {unreadable}",
            unreadable_hint(unreadable),
            slug=error.slug,
        ) from None


def unreadable_hint(path: str) -> str:
    """Return what to do about a path that a user without files of its own cannot read."""
    python = os.path.realpath(sys.executable)
    if is_in(python, (path,)):
        return (
            f"enuf's Python is {python}: make its virtualenv with one that everybody may read, "
            "for example /usr/bin/python3, or name a user: --user NAME"
        )
    return "move it to where everybody may read it, for example below /srv, or name a user: --user NAME"


def _refuse_unusable_passwords(files: Iterable[str], host: TargetHost) -> None:
    """Raise SettingsInvalid for a password file that the host's nginx cannot use, tried as its user."""
    nginx = user_named(host.nginx.user)
    if nginx is None or os.geteuid() != 0 or not host.servers.are_live:
        return
    for path in map(Path, files):
        problem = ask_as(nginx, lambda path=path: problem_with(path, embedded=False), str)  # type: ignore[misc]
        if problem:
            summary, _, hint = problem.partition("\n")
            readers = f"nginx runs as {nginx.name}: chgrp {nginx.name} {path} && chmod 640 {path} lets it read the file"
            raise SettingsInvalid(f"access.passwords: {summary}", f"{hint}; {readers}", slug=UNUSABLE)


def _closed_folders(plan: Plan, host: TargetHost) -> Iterator[tuple[str, str]]:
    """Yield each static folder that nginx's own user cannot read, tried as that user, with a warning.

    Raise SettingsInvalid for a folder of static.extra or static.protected, which the app does not serve.
    """
    nginx = user_named(host.nginx.user)
    if nginx is None or os.geteuid() != 0 or not host.servers.are_live:
        return
    project = plan.paths.project
    for page in plan.pages.files:
        _refuse_closed(nginx, page, "http.error_pages, http.maintenance")
    for protected in plan.protected:
        _refuse_closed(nginx, protected.directory, "static.protected")
    for folder in plan.static_folders:
        if folder.owner in ("static.extra", SPA):
            _refuse_closed(nginx, folder.directory, folder.owner)
        obstacle = _obstacle(nginx, folder.directory)
        if obstacle is None:
            continue
        warning = (
            f"nginx runs as {nginx.name}, who may not read {obstacle}: the app sends {folder.url} itself"
        )
        yield through_link(folder.directory, project, os.path.realpath(project)), warning


def _obstacle(nginx: User, directory: str) -> Path | None:
    """Return the first folder on the way to this one that nginx's user may not read."""
    return first_obstacle(nginx, lambda: iter([Path(directory)]))


def _refuse_closed(nginx: User, directory: str, setting: str) -> None:
    """Raise SettingsInvalid for a folder of a setting that nginx's user may not read."""
    obstacle = _obstacle(nginx, directory)
    if obstacle is not None:
        raise SettingsInvalid(
            f"{setting}: nginx runs as {nginx.name}, who may not read {obstacle}",
            f"chmod o+x {obstacle}, or move the folder to where everybody may read it",
        )
