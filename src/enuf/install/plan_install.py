"""An install, thought through: every file is known before one is written."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

import enuf
from enuf.discover.run_user import refuse_user_of_others
from enuf.errors import SettingsInvalid
from enuf.install.build import refuse_lacking
from enuf.install.contents import (
    Contents,
    LogOwner,
    Texts,
    contents_of,
    needed,
    outdated,
    refuse_edited,
    refuse_foreign,
)
from enuf.install.plan_site import plan_of_site, with_defaults
from enuf.install.rotation import rotation_text
from enuf.install.sequence import PRIVATE_LOGS, Job
from enuf.install.service_user import log_group, service_user
from enuf.install.target_host import Ground
from enuf.install.transaction import Order
from enuf.install.unit import HOMES, TEMPORARY, ServiceUser, UnitRequest, is_in, unit_text
from enuf.model.address import UnixAddress
from enuf.model.plan import Plan
from enuf.model.site import Installed, Site
from enuf.settings.schema import Settings
from enuf.start.invocation import Invocation
from enuf.start.privileges import ROOTS_NGINX, refuse_chosen_by_others, user_wish


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """Which site is wanted, of what."""

    invocation: Invocation
    name: str
    old: Installed | None = None
    force: bool = False


def think(asked: Asked, ground: Ground) -> Job:
    """The job. Nothing has been touched. Raises EnufError or a usage error."""
    invocation, loaded = with_defaults(asked.invocation, ground)
    project = Path(invocation.project)
    site = Site(name=asked.name, nginx=ground.nginx)
    is_socket = isinstance(loaded.settings.serve.listen, UnixAddress)  # nginx makes it, as root
    refuse_chosen_by_others(loaded, project, (*ROOTS_NGINX, *(["serve.listen"] if is_socket else [])))
    refuse_user_of_others(user_wish(loaded, project))
    user = service_user(loaded.settings.serve.user, project, site)
    plan, site, warnings = plan_of_site(invocation, user, site, ground)
    refuse_lacking(ground.build, loaded.settings, plan.topology.link.wire)
    writable = _writable(project, loaded.settings.install.writable)
    code = _code(plan)
    _refuse_writable_code(writable, code)
    record = Installed(
        site=site,
        project=invocation.project,
        target=invocation.target,
        flags=invocation.flags,
        user=user.name,
        folders=asked.old.folders if asked.old else (),
        of_systemd=_of_systemd(asked, ground, user),
    )
    protected = tuple(place for place in code if is_in(place, writable))
    contents = _contents(
        record, plan, loaded.settings, user=user, writable=writable, protected=protected, ground=ground
    )
    see = ground.tree.see
    for change in contents.changes:
        ground.tree.refuse_escape(change.path)
    refuse_foreign(contents.changes, asked.old, see)
    if asked.old and not asked.force:
        refuse_edited(asked.old, see, "install")
    changes = needed((*contents.changes, *outdated(asked.old, contents.record)), see)
    return Job(
        plan=plan,
        contents=contents,
        changes=changes,
        digest=next(file.digest for file in plan.files if file.reader == "host"),
        order=_order(asked, ground, site, {change.path for change in changes}, contents.unit_path),
        dynamic_user=user.dynamic,
        writable=writable,
        warnings=(*warnings, *plan.notes, *plan.static_through_app, *_of_temporary(plan)),
    )


def _contents(
    record: Installed,
    plan: Plan,
    settings: Settings,
    *,
    user: ServiceUser,
    writable: tuple[str, ...],
    protected: tuple[str, ...],
    ground: Ground,
) -> Contents:
    places, group = _places(plan), log_group(user)
    unit = UnitRequest(
        plan=plan,
        settings=settings,
        site=record.site,
        user=user,
        enuf=(sys.executable, "-P", "-m", "enuf"),
        writable=writable,
        protected=protected,
        needs_home=any(is_in(place, HOMES) for place in places),
        bound=tuple(place for place in places if is_in(place, TEMPORARY)),
    )
    texts = Texts(
        site=next(file.text for file in plan.files if file.reader == "host"),
        unit=unit_text(unit),
        rotation=rotation_text(record.site, settings.log.rotate, group),
    )
    tree = ground.tree
    logs = LogOwner(tree.number(record.site.nginx.user, "passwd"), tree.number(group, "group"))
    return contents_of(record, texts, ground.layout, logs, tree.see)


def _of_systemd(asked: Asked, ground: Ground, user: ServiceUser) -> tuple[str, ...]:
    if asked.old:
        return asked.old.of_systemd
    return (PRIVATE_LOGS,) if user.dynamic and ground.tree.see(PRIVATE_LOGS).kind == "nothing" else ()


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


def _code(plan: Plan) -> tuple[str, ...]:
    """Return the folders with the code that the service, and root's next `enuf`, will run: the Pythons and enuf."""
    python = plan.toolchain.python
    own = f"{sys.version_info.major}.{sys.version_info.minor}"
    libraries = (f"{python.base_prefix}/lib/python{python.minor}", f"{sys.base_prefix}/lib/python{own}")
    environments = [
        prefix
        for prefix, base in ((python.prefix, python.base_prefix), (sys.prefix, sys.base_prefix))
        if prefix != base
    ]
    named = (*environments, *libraries, str(Path(enuf.__file__).parent))
    return tuple(dict.fromkeys(place for name in named for place in _both(name)))


def _refuse_writable_code(writable: Sequence[str], code: Sequence[str]) -> None:
    """Raise SettingsInvalid where the app could change the code that runs it: root runs that code too."""
    for path in writable:
        if is_in(os.path.realpath(path), code):
            raise SettingsInvalid(
                f"install.writable: {path} holds the code that runs the app",
                "name the folders that the app writes its data to",
            )


def _both(path: str) -> Iterator[str]:
    """The path as it is written, and where it leads."""
    yield path
    yield os.path.realpath(path)


def _of_temporary(plan: Plan) -> tuple[str, ...]:
    if not is_in(plan.paths.project, TEMPORARY):
        return ()
    return (f"{plan.paths.project} lies in a folder that the system empties from time to time",)
