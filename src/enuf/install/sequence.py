"""The steps of an install and of an uninstall: files, nginx's test, service, nginx, a real request."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable

import msgspec

from enuf.errors import NotReady
from enuf.install.change import HostChange, MakeFolder
from enuf.install.plan_service import ServiceSteps
from enuf.install.proof import Proof, prove_served, server_names
from enuf.install.replaced import forgetting_changes, restoring_changes
from enuf.install.servers import Servers
from enuf.install.services.base import ServiceAction, ServiceManager
from enuf.install.site_changes import SiteChanges, certificate_leftovers, removal_changes
from enuf.install.transaction import Transaction, host_transaction
from enuf.install.tree import HostTree
from enuf.model.plan import Plan
from enuf.model.site import EVENTS, Installed, Site
from enuf.system.sites import installed_sites

ReportStep = Callable[[str], None]
"""Shows what is being done now."""


class InstallJob(msgspec.Struct, frozen=True, kw_only=True):
    """A planned install: every file, and what the service is made to do."""

    plan: Plan
    site: SiteChanges
    changes: tuple[HostChange, ...]
    """The changes that the host needs."""
    digest: str
    """The digest of the site's file, as it stands in the lines of the site's log."""
    steps: ServiceSteps
    """How the service takes up its files."""
    timer: ServiceAction | None = None
    """What the timer is made to do that looks for renewed certificates."""
    leaf: bytes = b""
    """The certificate that visitors must get, in DER; empty for a site without HTTPS."""
    dynamic_user: bool
    writable: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def install(job: InstallJob, tree: HostTree, servers: Servers, report: ReportStep) -> Proof | None:
    """Install the site and send a request through it. Return the proof; None in an image.

    Raise RolledBack.
    """
    site, services = job.site.record.site, servers.services
    _restore_old_log_folders(tree)
    with host_transaction(tree, servers, "install", site.name) as transaction:
        if servers.nginx:
            servers.nginx.refuse_unusable()
        if job.dynamic_user:
            transaction.expect([services.format.private_logs], only_empty=True)
            transaction.expect([_private_log(services, site)])
        transaction.expect([site.log, site.access_log, site.error_log])
        report("writing files")
        if job.timer == "stop":  # while its unit is still there
            transaction.control("stop", site.certificate_timer)
        transaction.apply(job.changes)
        if servers.nginx is None:
            return None
        report("asking nginx about its whole configuration")
        _refuse_ignored_name(servers.nginx.test(), job.plan)
        transaction.reload_definitions()
        _take_up(job, transaction, services, report)
        if job.timer in ("start", "restart"):
            transaction.control(job.timer, site.certificate_timer)
        report("reloading nginx")
        transaction.reload_nginx()
        report(f"asking for {job.plan.url}")
        return prove_served(job.plan, job.digest, tree, job.leaf)


def _take_up(job: InstallJob, transaction: Transaction, services: ServiceManager, report: ReportStep) -> None:
    """Let the service take up its files; requests wait during a restart."""
    site, steps = job.site.record.site, job.steps
    if steps.sockets == "reopen":
        transaction.control("stop", site.unit)
        services.control("stop", site.socket_unit)  # the service takes them along; this waits for their end
    if steps.sockets:
        transaction.control("start", site.socket_unit)
    if steps.sockets == "reopen":
        report("reloading nginx, so that requests wait at the new socket")
        transaction.reload_nginx()
    if steps.action:
        report(services.format.commands.control(steps.action, site.unit))
        transaction.control(steps.action, site.unit)


def uninstall(
    record: Installed, tree: HostTree, servers: Servers, report: ReportStep, *, keep_logs: bool
) -> None:
    """Remove everything of the site from the host. Raise RolledBack."""
    site, services = record.site, servers.services
    from_nginx, rest = removal_changes(record, services.format)
    with host_transaction(tree, servers, "uninstall", site.name) as transaction:
        report("taking the site out of nginx")
        transaction.apply((*from_nginx, *restoring_changes(record, tree.state)))
        if servers.are_live:
            transaction.reload_nginx()
            report(services.format.commands.control("stop", site.unit))
            if services.is_active(site.unit):
                transaction.control("stop", site.unit)
            services.control("stop", site.socket_unit)
            if record.tls:
                _stop_certificate(transaction, services, site)
            _stop_after_failure(services, record)
        transaction.apply((*rest, *forgetting_changes(record)))
        if servers.are_live:
            transaction.reload_definitions()
        logs = site_logs(site, services, tree)
        # The folders of logs can only be removed after the logs.
        folders = (*record.of_systemd, *reversed(record.folders))
        orders = (site.orders, f"{services.format.private_state}/{posixpath.basename(site.orders)}")
        left = (*certificate_leftovers(site), *orders, *cached_pages(site, tree))
        transaction.commit((*left, *(() if keep_logs else logs)), folders)


def _stop_after_failure(services: ServiceManager, record: Installed) -> None:
    """Stop what tries a failed site again or tells of it, and let the service manager forget that they failed."""
    site = record.site
    alerts = site.alert_template.replace("@", "@{}")
    told = [alerts.format(event) for event in EVENTS] if record.has_alerts else []
    for unit in (site.failed_unit, site.unit, *told):
        services.control("stop", unit)


def _stop_certificate(transaction: Transaction, services: ServiceManager, site: Site) -> None:
    """Stop the timer, and an order that may be under way."""
    if services.is_active(site.certificate_timer):
        transaction.control("stop", site.certificate_timer)
    services.control("stop", site.certificate_unit)


def site_logs(site: Site, services: ServiceManager, tree: HostTree) -> tuple[str, ...]:
    """Return the paths of all logs of a site, those of its service first, whether they exist or not."""
    return (site.log, _private_log(services, site), *_nginx_logs(site, tree))


def cached_pages(site: Site, tree: HostTree) -> tuple[str, ...]:
    """Return the folders in which nginx has kept pages of a site."""
    folder, _, begin = site.cached_pages.rpartition("/")
    names = (name for name in tree.names_in(folder) if re.fullmatch(rf"{re.escape(begin)}-\d+", name))
    return tuple(f"{folder}/{name}" for name in names)


def _nginx_logs(site: Site, tree: HostTree) -> tuple[str, ...]:
    """Return the paths of all that nginx has logged for a site, rotated files included."""
    own = (site.access_log, site.error_log)
    paths = [f"{site.nginx.log}/{name}" for name in tree.names_in(site.nginx.log)]
    return (
        *(path for path in paths if path.startswith(tuple(f"{log}." for log in own))),
        *own,
        site.old_nginx_log,
    )


def _restore_old_log_folders(tree: HostTree) -> None:
    """Make missing log folders that sites of enuf 0.1.0 name: nginx refuses its configuration without them."""
    for record in installed_sites(tree.root):
        folder = record.site.old_nginx_log
        mention = f"{folder}/".encode()
        if not tree.state(folder).exists and any(
            mention in tree.state(file.path).content for file in record.files
        ):
            tree.apply(MakeFolder(folder, 0o751))


def _private_log(services: ServiceManager, site: Site) -> str:
    return f"{services.format.private_logs}/{site.full_name}"


def _refuse_ignored_name(nginx_output: str, plan: Plan) -> None:
    """Raise NotReady for a name that another site has at the same address.

    nginx only warns of that in its test, and never sends a request to the second site.
    """
    match = re.search(r'conflicting server name "([^"]*)" on (\S+), ignored', nginx_output)
    if match and plan.site and match[1] in server_names(plan):
        raise NotReady(
            f"another site of the host's nginx answers to {match[1]} on {match[2]} already",
            f"grep -rn {match[1]} the folder of its sites, or choose another name: --domain. For a part of that site: "
            "enuf explain domain-taken",
            slug="domain-taken",
        )
