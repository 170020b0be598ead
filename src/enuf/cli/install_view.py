"""From the words of `enuf install` to a job: which site, for whom, which files; and the job is done."""

from __future__ import annotations

from pathlib import Path

import click
import msgspec
from msgspec.structs import replace

from enuf.cli.terminal.output import print_json, remark, say
from enuf.cli.terminal.progress import Progress
from enuf.cli.verb import current
from enuf.errors import Conflict
from enuf.install.plan_install import Asked, think
from enuf.install.plan_site import SERVICE_ENVIRONMENT
from enuf.install.proof import Proof
from enuf.install.sequence import Job, install
from enuf.install.services import refuse_without_systemd
from enuf.install.show import as_diff
from enuf.install.site_name import LONGEST, is_site_name, site_name
from enuf.install.target_host import Ground, this_host, tree_below
from enuf.install.transaction import locked, recover
from enuf.start.invocation import Invocation
from enuf.start.privileges import ROOTS_NGINX, read_settings_of_keeper, refuse_chosen_by_others
from enuf.system.own_command import refuse_without_root
from enuf.system.sites import installed_sites, site_of


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """The words of `enuf install` that are no settings of `enuf up`."""

    domains: tuple[str, ...] = ()
    name: str | None = None
    user: str | None = None
    writable: tuple[str, ...] = ()
    dry_run: bool = False
    root: Path | None = None
    force: bool = False


def run_install(invocation: Invocation, wish: Wish) -> int:
    """The site is installed, or the change shown. Raises EnufError."""
    if wish.root is None and not wish.dry_run:
        refuse_without_root("change the sites and services of this host")
        refuse_without_systemd()
    with Progress("installing", quiet=current().quiet) as progress:
        ground = tree_below(wish.root) if wish.root else this_host(_nginx_wish(invocation))
        asked = _asked(invocation, wish, ground)
        if wish.dry_run:
            _show(think(asked, ground), ground)
            return 0
        with locked(ground.tree):
            tell_recovered(recover(ground.tree, ground.host))
            asked = _asked(invocation, wish, ground)
            job = think(asked, ground)
            if not job.changes and job.order is None and ground.host.runs:
                say(f"{job.contents.record.site.name} is installed like this already: nothing to change")
                return 0
            proof = install(job, ground.tree, ground.host, progress.step)
    _tell(job, ground, proof)
    return 0


def _nginx_wish(invocation: Invocation) -> str:
    loaded = read_settings_of_keeper(invocation, SERVICE_ENVIRONMENT)
    refuse_chosen_by_others(loaded, Path(invocation.project), ROOTS_NGINX)
    return loaded.settings.nginx


def tell_recovered(what: str) -> None:
    """Say what was left of a run that was cut off."""
    if what:
        remark("warning", what, fg="yellow")


def _asked(invocation: Invocation, wish: Wish, ground: Ground) -> Asked:
    """The same with the site's name, and what was said when it was installed before. Raises Conflict or a usage error."""
    old = site_of(Path(invocation.project), ground.tree.root)
    usual = old.site.name if old else site_name(invocation.project)
    name = usual if wish.name is None else wish.name
    if not is_site_name(name):
        raise click.UsageError(f"--name {name!r}: small letters, digits and dashes, at most {LONGEST}")
    if old and old.site.name != name:
        raise Conflict(
            f"this project is installed already, as {old.site.name}",
            f"enuf uninstall --name {old.site.name}, then install it again",
            slug="installed-already",
        )
    other = next((each for each in installed_sites(ground.tree.root) if each.site.name == name), None)
    if other and other.project != invocation.project:
        raise Conflict(
            f"the site {name} of this host is the project {other.project}",
            f"choose another name: --name {name[: LONGEST - 2]}-2",
            slug="name-taken",
        )
    own: dict[str, tuple[str, str | tuple[str, ...]]] = {}
    if wish.domains:
        own["serve.hosts"] = ("--domain", wish.domains)
    if wish.user:
        own["serve.user"] = ("--user", wish.user)
    if wish.writable:
        own["install.writable"] = ("--writable", wish.writable)
    flags = {**(old.flags if old else {}), **invocation.flags, **own}
    target = invocation.target or (old.target if old else None)
    return Asked(
        invocation=replace(invocation, flags=flags, target=target),
        name=name,
        old=old,
        force=wish.force,
    )


def _show(job: Job, ground: Ground) -> None:
    text = as_diff(job.changes, ground.tree)
    if current().json:
        print_json({"site": job.contents.record.site.name, "diff": text, "order": job.order})
    else:
        say(text.rstrip("\n") or "nothing to change")


def _tell(job: Job, ground: Ground, proof: Proof | None) -> None:
    record = job.contents.record
    if current().json:
        files = [str(ground.tree.place(each.path)) for each in record.files]
        print_json(
            {
                "state": "installed",
                "site": record.site.name,
                "url": job.plan.url,
                "unit": record.site.unit,
                "files": files,
                "warnings": list(job.warnings),
            }
        )
        return
    for warning in (*job.warnings, *([proof.warning] if proof and proof.warning else ())):
        remark("warning", warning, fg="yellow")
    served = (
        f"is installed, and served at {job.plan.url}"
        if ground.host.runs
        else f"stands in {ground.tree.root}, for {job.plan.url}"
    )
    say(
        "\n".join(
            [
                f"{record.site.name} {served}",
                f"  service {record.site.unit}, as {record.user}; it starts at boot",
                f"  nginx   {job.contents.site_path}",
                f"  it may write {', '.join(job.writable) or 'nowhere but to its own /tmp (--writable PATH allows more)'}",
                f"  look: enuf status   new code: systemctl reload {record.site.full_name}   take it back: enuf uninstall",
            ]
        )
    )
