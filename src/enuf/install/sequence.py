"""The order of things: files, nginx's own test, the service, nginx, a real request; and back again."""

from __future__ import annotations

import re
from collections.abc import Callable

import msgspec

from enuf.errors import NotReady, NotRunning
from enuf.install.change import Change, Folder
from enuf.install.contents import Contents, removal_of
from enuf.install.proof import Proof, names_of, proof_of
from enuf.install.services import LiveHost, StillHost
from enuf.install.transaction import Order, change_of
from enuf.install.tree import HostTree
from enuf.model.plan import Plan
from enuf.model.site import Installed, Site
from enuf.system.sites import installed_sites

Tell = Callable[[str], None]
PRIVATE_LOGS = "/var/log/private"
"""systemd keeps the logs of a dynamic user in there, and makes it when there is none."""


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """An install that has been thought through."""

    plan: Plan
    contents: Contents
    changes: tuple[Change, ...]
    """Those that are not so already."""
    digest: str
    """Of the site's file."""
    order: Order | None
    """What the service is told; None when it runs by these very files."""
    dynamic_user: bool
    writable: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def install(job: Job, tree: HostTree, host: LiveHost | StillHost, tell: Tell) -> Proof | None:
    """The site is on the host and a request has passed through it; None where no server runs. Raises RolledBack."""
    site = job.contents.record.site
    _make_old_log_folders(tree)
    with change_of(tree, host, "install", site.name) as change:
        refuse_still_nginx(host)
        if job.dynamic_user:
            change.expect([PRIVATE_LOGS], only_empty=True)
            change.expect([_private_log(site)])
        change.expect([site.log, site.access_log, site.error_log])
        tell("writing files")
        change.make(job.changes)
        if not host.runs:
            return None
        tell("asking nginx about its whole configuration")
        _refuse_ignored(host.refuse_broken_nginx(), job.plan)
        change.reread("systemd")
        if job.order:
            tell(f"systemctl {job.order} {site.unit}")
            change.order(job.order, site.unit)
        tell("reloading nginx")
        change.reread("nginx")
        tell(f"asking for {job.plan.url}")
        return proof_of(job.plan, job.digest, tree)


def uninstall(
    record: Installed, tree: HostTree, host: LiveHost | StillHost, tell: Tell, *, keep_logs: bool
) -> None:
    """Nothing of the site is left on the host, as if it had never been there. Raises RolledBack."""
    site = record.site
    from_nginx, rest = removal_of(record)
    with change_of(tree, host, "uninstall", site.name) as change:
        tell("taking the site out of nginx")
        change.make(from_nginx)
        if host.runs:
            change.reread("nginx")
            tell(f"systemctl stop {site.unit}")
            if host.is_active(site.unit):
                change.order("stop", site.unit)
        change.make(rest)
        if host.runs:
            change.reread("systemd")
        logs = (site.log, _private_log(site), *nginx_logs(site, tree))
        change.keep(() if keep_logs else logs, record.of_systemd)


def _make_old_log_folders(tree: HostTree) -> None:
    """Make the log folders again that sites of enuf 0.1.0 need: without one of them the host's nginx cannot even be tested."""
    for record in installed_sites(tree.root):
        folder = record.site.old_nginx_log
        needs = f"{folder}/".encode()
        if tree.see(folder).kind == "nothing" and any(
            needs in tree.see(each.path).content for each in record.files
        ):
            tree.make(Folder(folder, 0o751))


def refuse_still_nginx(host: LiveHost | StillHost) -> None:
    """Raise when the host's nginx could not take a site: its configuration is broken already, or it does not run."""
    if isinstance(host, LiveHost):
        host.refuse_broken_nginx()
        if not host.nginx_runs():
            raise NotRunning(
                "the host's nginx does not run", "sudo systemctl start nginx", slug="nginx-not-running"
            )


def nginx_logs(site: Site, tree: HostTree) -> tuple[str, ...]:
    """Return all that nginx has logged for a site, with what was rotated."""
    own = (site.access_log, site.error_log)
    found = [f"{site.nginx.log}/{name}" for name in tree.names(site.nginx.log)]
    return (
        *(path for path in found if path.startswith(tuple(f"{log}." for log in own))),
        *own,
        site.old_nginx_log,
    )


def _private_log(site: Site) -> str:
    return f"{PRIVATE_LOGS}/{site.full_name}"


def _refuse_ignored(said: str, plan: Plan) -> None:
    """Nginx only warns of a name that two sites have at one address, and then never asks the second one."""
    found = re.search(r'conflicting server name "([^"]*)" on (\S+), ignored', said)
    if found and plan.site and found[1] in names_of(plan):
        raise NotReady(
            f"another site of the host's nginx answers to {found[1]} on {found[2]} already",
            f"grep -rn {found[1]} the folder of its sites, or choose another name: --domain",
            slug="domain-taken",
        )
