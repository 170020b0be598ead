"""The order of things: files, nginx's own test, the service, nginx, a real request; and back again."""

from __future__ import annotations

import re
from collections.abc import Callable

import msgspec

from enuf.errors import NotReady, NotRunning
from enuf.install.change import Change
from enuf.install.contents import Contents, removal_of
from enuf.install.proof import Proof, names_of, proof_of
from enuf.install.services import LiveHost, StillHost
from enuf.install.transaction import Order, change_of
from enuf.install.tree import HostTree
from enuf.model.plan import Plan
from enuf.model.site import Installed, Site

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
    with change_of(tree, host, "install", site.name) as change:
        refuse_still_nginx(host)
        if job.dynamic_user:
            change.expect([PRIVATE_LOGS], only_empty=True)
            change.expect([_private_log(site)])
        change.expect([site.log, site.nginx_log])
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
        logs = (site.log, _private_log(site), site.nginx_log)
        change.keep(() if keep_logs else logs, record.of_systemd)


def refuse_still_nginx(host: LiveHost | StillHost) -> None:
    """Raise when the host's nginx could not take a site: its configuration is broken already, or it does not run."""
    if isinstance(host, LiveHost):
        host.refuse_broken_nginx()
        if not host.nginx_runs():
            raise NotRunning(
                "the host's nginx does not run", "sudo systemctl start nginx", slug="nginx-not-running"
            )


def _private_log(site: Site) -> str:
    return f"{PRIVATE_LOGS}/{site.full_name}"


def _refuse_ignored(said: str, plan: Plan) -> None:
    """nginx only warns of a name that two sites have at one address, and then never asks the second one."""
    found = re.search(r'conflicting server name "([^"]*)" on (\S+), ignored', said)
    if found and plan.site and found[1] in names_of(plan):
        raise NotReady(
            f"another site of the host's nginx answers to {found[1]} on {found[2]} already",
            f"grep -rn {found[1]} the folder of its sites, or choose another name: --domain",
            slug="domain-taken",
        )
