"""An install, thought through: the plan is made as the user who will run it, and every file is known before one is written."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import click
import msgspec
from msgspec.structs import replace

import enuf
from enuf.cli.planning import planned
from enuf.errors import SettingsInvalid
from enuf.install.build import refuse_lacking
from enuf.install.contents import Texts, contents_of, needed, refuse_edited, refuse_foreign
from enuf.install.ground import Ground
from enuf.install.rotation import rotation_text
from enuf.install.sequence import Job
from enuf.install.service_user import log_group, service_user, stand_in
from enuf.install.transaction import Order
from enuf.install.unit import HOMES, TEMPORARY, ServiceUser, UnitRequest, is_in, unit_text
from enuf.model.plan import Plan
from enuf.model.site import Installed, Site
from enuf.prepare import Invocation, read_settings
from enuf.settings.load import Loaded

SERVICE_ENVIRONMENT = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "LANG": "C.UTF-8",
}
"""What a service of systemd sees. The plan is made in it, so that what only our shell has is missed now, not at the next boot."""


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """Which site is wanted, of what."""

    invocation: Invocation
    name: str
    old: Installed | None
    force: bool
    enuf: tuple[str, ...]


def think(asked: Asked, ground: Ground) -> Job:
    """The job. Nothing has been touched. Raises EnufError or a usage error."""
    site = Site(name=asked.name, nginx=ground.nginx)
    invocation, loaded = _with_defaults(asked.invocation, ground)
    project = Path(invocation.project)
    user = service_user(loaded.settings.serve.user, project, site)
    plan, warnings = _planned(replace(invocation, site=site), user, site)
    refuse_lacking(ground.build, loaded.settings, plan.topology.link.wire)
    writable = _writable(project, loaded.settings.install.writable)
    site_file = next(file for file in plan.files if file.reader == "host")
    places = _places(plan)
    unit = unit_text(
        UnitRequest(
            plan=plan, settings=loaded.settings, site=site, user=user, enuf=(sys.executable, "-m", "enuf"), writable=writable,
            needs_home=any(is_in(place, HOMES) for place in places),
            bound=tuple(place for place in places if is_in(place, TEMPORARY)),
        )
    )  # fmt: skip
    record = Installed(
        site=site, project=invocation.project, target=invocation.target, flags=invocation.flags, user=user.name,
        folders=asked.old.folders if asked.old else (),
    )  # fmt: skip
    see = ground.tree.see
    group = log_group(user)
    texts = Texts(
        site=site_file.text, unit=unit, rotation=rotation_text(site, loaded.settings.log.rotate, group)
    )
    contents = contents_of(record, texts, ground.layout, ground.tree.group(group), see)
    refuse_foreign(contents.changes, asked.old, see)
    if asked.old and not asked.force:
        refuse_edited(asked.old, see, "install")
    changes = needed(contents.changes, see)
    changed = {change.path for change in changes}
    return Job(
        plan=plan,
        contents=contents,
        changes=changes,
        digest=site_file.digest,
        order=_order(asked, ground, site, changed, contents.unit_path),
        dynamic_user=user.dynamic,
        writable=writable,
        warnings=(*warnings, *plan.notes, *_of_temporary(plan)),
    )


def _with_defaults(invocation: Invocation, ground: Ground) -> tuple[Invocation, Loaded]:
    """The settings of a site: port 80 where nobody named an address, no dashboard where nobody wished for one."""
    loaded = read_settings(invocation, SERVICE_ENVIRONMENT)
    if not loaded.settings.serve.hosts:
        raise click.UsageError(
            "name the site, as visitors type it: --domain shop.example.com, or serve.hosts in enuf.toml. "
            "This nginx has other sites too, and goes by that name"
        )
    usual = {"serve.listen": "0.0.0.0:80", "dashboard.listen": "off"}
    if ground.host.runs:
        usual["nginx"] = "system"
    flags = {
        key: ("enuf install", value) for key, value in usual.items() if loaded.origins[key].kind == "default"
    }
    invocation = replace(invocation, flags={**invocation.flags, **flags})
    return invocation, read_settings(invocation, SERVICE_ENVIRONMENT)


def _planned(invocation: Invocation, user: ServiceUser, site: Site) -> tuple[Plan, list[str]]:
    """The plan, made as the user who will run it, so that what that one cannot read is told now."""
    flags = {**invocation.flags, "serve.user": ("--user", stand_in(user))}
    plan, warnings = planned(
        replace(invocation, flags=flags), SERVICE_ENVIRONMENT, site.paths(invocation.project)
    )
    return plan, warnings


def _order(asked: Asked, ground: Ground, site: Site, changed: set[str], unit_path: str) -> Order | None:
    if not ground.host.runs:
        return None
    if not ground.host.is_active(site.unit):
        return "start"
    if unit_path in changed or (asked.old and asked.old.site.nginx.user != site.nginx.user):
        return "restart"
    return "reload" if changed else None


def _writable(project: Path, names: Sequence[str]) -> tuple[str, ...]:
    paths = [os.path.normpath(project / name) for name in names]
    for path in paths:
        if not Path(path).exists():
            raise SettingsInvalid(
                f"install.writable: there is no {path}",
                f"make it, and give it to who runs the app: mkdir {shlex.quote(path)}",
            )
        if path == "/":
            raise SettingsInvalid(
                "install.writable: / is everything", "name the folders that the app writes to"
            )
    return tuple(paths)


def _places(plan: Plan) -> tuple[str, ...]:
    """Where everything lies that the service reads, each folder once."""
    python = plan.toolchain.python
    named = (
        plan.paths.project, plan.app.directory, python.prefix, python.base_prefix, sys.prefix, sys.base_prefix,
        str(Path(enuf.__file__).parent), *(folder.directory for folder in plan.static_folders),
    )  # fmt: skip
    return tuple(dict.fromkeys(place for name in named for place in _both(name)))


def _both(path: str) -> Iterator[str]:
    """The path as it is written, and where it leads."""
    yield path
    yield os.path.realpath(path)


def _of_temporary(plan: Plan) -> tuple[str, ...]:
    if not is_in(plan.paths.project, TEMPORARY):
        return ()
    return (f"{plan.paths.project} lies in a folder that the system empties from time to time",)
