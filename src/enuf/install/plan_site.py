"""The plan of a site, made as the user who will run it and in what a service sees: what is missing there is told now."""

from __future__ import annotations

import os
from pathlib import Path

import click
from msgspec.structs import replace

from enuf.errors import SettingsInvalid
from enuf.install.service_user import stand_in
from enuf.install.target_host import Ground
from enuf.install.unit import ServiceUser
from enuf.model.plan import Plan
from enuf.model.site import Site
from enuf.settings.load import Loaded
from enuf.start.invocation import Invocation
from enuf.start.plan_only import planned
from enuf.start.privileges import read_settings_of_keeper
from enuf.system.switch_user import first_obstacle
from enuf.system.user import user_named

SERVICE_ENVIRONMENT = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "LANG": "C.UTF-8",
    "PYTHONDONTWRITEBYTECODE": "1",  # the project is left as it is
}


def with_defaults(invocation: Invocation, ground: Ground) -> tuple[Invocation, Loaded]:
    """The settings of a site: port 80 where nobody named an address, and the host's own nginx."""
    loaded = read_settings_of_keeper(invocation, SERVICE_ENVIRONMENT)
    if not loaded.settings.serve.hosts:
        raise click.UsageError(
            "name the site, as visitors type it: --domain shop.example.com, or serve.hosts in enuf.toml. "
            "This nginx has other sites too, and goes by that name"
        )
    usual = {"serve.listen": "0.0.0.0:80"}
    if ground.host.runs:
        usual["nginx"] = "system"
    flags = {
        key: ("enuf install", value) for key, value in usual.items() if loaded.origins[key].kind == "default"
    }
    invocation = replace(invocation, flags={**invocation.flags, **flags})
    return invocation, read_settings_of_keeper(invocation, SERVICE_ENVIRONMENT)


def plan_of_site(
    invocation: Invocation, user: ServiceUser, site: Site, ground: Ground
) -> tuple[Plan, Site, list[str]]:
    """The plan, the site with the static folders that nginx may not read, and warnings."""
    plan, warnings = _planned(invocation, user, site)
    closed, told = _closed_folders(plan, ground)
    if not closed:
        return plan, site, warnings
    site = replace(site, closed=closed)
    return _planned(invocation, user, site)[0], site, [*warnings, *told]


def _planned(invocation: Invocation, user: ServiceUser, site: Site) -> tuple[Plan, list[str]]:
    flags = {**invocation.flags, "serve.user": ("--user", stand_in(user))}
    asked = replace(invocation, flags=flags, site=site)
    try:
        return planned(asked, SERVICE_ENVIRONMENT, site.paths(invocation.project))
    except SettingsInvalid as error:
        what = error.summary.partition(" may not read ")[2]
        if not user.dynamic or error.slug != "user-cannot-read" or not what:
            raise
        raise SettingsInvalid(
            f"the project is root's, so the app is to run as a user who owns nothing, and such a one may not read {what}",
            "move it to where everybody may read it, for example below /srv, or name a user: --user NAME",
            slug=error.slug,
        ) from None


def _closed_folders(plan: Plan, ground: Ground) -> tuple[tuple[str, ...], list[str]]:
    """The static folders that nginx's own user may not read, tried as that user, and what to say about them."""
    nginx = user_named(ground.nginx.user)
    if nginx is None or os.geteuid() != 0 or not ground.host.runs:
        return (), []
    closed, told = [], []
    for folder in plan.static_folders:
        place = Path(folder.directory)
        if (obstacle := first_obstacle(nginx, lambda place=place: iter([place]))) is not None:  # type: ignore[misc]
            if folder.owner == "static.extra":
                raise SettingsInvalid(
                    f"static.extra: nginx runs as {nginx.name}, who may not read {obstacle}",
                    f"chmod o+x {obstacle}, or move the folder to where everybody may read it",
                )
            closed.append(folder.directory)
            told.append(
                f"nginx runs as {nginx.name}, who may not read {obstacle}: the app sends {folder.url} itself"
            )
    return tuple(closed), told
