"""The steps of an install and of an uninstall: files, nginx's test, service, nginx, a real request."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Collection

import msgspec

from enuf.errors import NotReady
from enuf.install.change import HostChange, RemovePath
from enuf.install.nginx_dump import places_of_name
from enuf.install.nginx_ground import (
    SERVICE,
    refuse_broken,
    refuse_second_default,
    refuse_stopped,
    restore_log_folders,
)
from enuf.install.nginx_ports import listened, refuse_taken
from enuf.install.nginx_service import NginxService
from enuf.install.plan_service import BesideSteps, ServiceSteps
from enuf.install.proof import Proof, prove_served, server_names
from enuf.install.replaced import forgetting_changes, restoring_changes
from enuf.install.servers import Servers
from enuf.install.services.base import ServiceAction, ServiceManager
from enuf.install.site_changes import SiteChanges, certificate_leftovers, removal_changes
from enuf.install.transaction import Transaction, host_transaction
from enuf.install.tree import HostTree
from enuf.model.plan import Plan
from enuf.model.site import EVENTS, Installed, Site

_DEFAULT = " default_server"
ReportStep = Callable[[str], None]
"""Shows what is being done now."""


class InstallJob(msgspec.Struct, frozen=True, kw_only=True):
    """A planned install: every file, and what the service is made to do."""

    plan: Plan
    site: SiteChanges
    changes: tuple[HostChange, ...]
    """The changes that the host needs."""
    steps: ServiceSteps
    """How the service takes up its files."""
    beside: BesideSteps = BesideSteps()
    """What the services beside the site's own are made to do."""
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
    record, services, nginx = job.site.record, servers.services, servers.nginx
    site = record.site
    is_mended = restore_log_folders(tree, site.nginx)
    if nginx:
        refuse_taken(listened(job.plan.host_file.text), nginx.main_process())
    with host_transaction(tree, servers, "install", site.name) as transaction:
        if nginx:
            is_mended = refuse_broken(nginx, record) or is_mended
            if not is_mended:
                refuse_stopped(nginx, services)
                _refuse_second_default(nginx, job)
        if job.dynamic_user:
            transaction.expect([services.format.private_logs], only_empty=True)
            transaction.expect(
                [services.format.private_state, services.format.private_cache], only_empty=True
            )
            transaction.expect([_private_log(services, site), *_private_data(services, site)])
        transaction.expect(
            [site.state, site.cache, site.failed_folder, site.log, site.access_log, site.error_log]
        )
        report("writing files")
        _stop_what_goes(job, transaction)
        at_last = [change for change in job.changes if change == RemovePath(site.plain_http)]
        transaction.apply([change for change in job.changes if change not in at_last])
        if nginx is None:
            transaction.apply(at_last)
            return None
        report("asking nginx about its whole configuration")
        _refuse_ignored_name(nginx, job.plan, {file.path for file in record.files})
        if not nginx.is_running():
            report("starting nginx, which the site's missing files have kept from it")
            transaction.control("start", SERVICE)
        transaction.reload_definitions()
        _take_up(job, transaction, services, report)
        _start_beside(job, transaction)
        report("reloading nginx")
        transaction.reload_nginx()
        transaction.apply(at_last)  # plain HTTP leads to HTTPS once nginx serves the certificate there
        report(f"asking for {job.plan.url}")
        return prove_served(job.plan, tree, job.leaf)


def _stop_what_goes(job: InstallJob, transaction: Transaction) -> None:
    """Stop the units that this install removes, while their files are still there."""
    if job.timer == "stop":
        transaction.control("stop", job.site.record.site.certificate_timer)
    for unit in job.beside.stop:
        transaction.control("stop", unit)


def _start_beside(job: InstallJob, transaction: Transaction) -> None:
    """Start what runs beside the service: processes, scheduled commands, and the timer of the certificate."""
    for unit in job.beside.restart:
        transaction.control("restart", unit)
    for unit in job.beside.start:
        transaction.control("start", unit)
    if job.timer in ("start", "restart"):
        transaction.control(job.timer, job.site.record.site.certificate_timer)


def _refuse_second_default(nginx: NginxService, job: InstallJob) -> None:
    text = job.plan.host_file.text
    if _DEFAULT in text:
        refuse_second_default(nginx, job.site.record, {each.port for each in listened(text)})


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
        if servers.nginx and servers.nginx.is_running():
            refuse_broken(servers.nginx, record)
        report("taking the site out of nginx")
        transaction.apply((*from_nginx, *restoring_changes(record, tree.state)))
        if servers.are_live:
            transaction.reload_nginx()
            report(services.format.commands.control("stop", site.unit))
            for unit in record.beside:
                if services.is_active(unit):
                    transaction.control("stop", unit)
                services.control("stop", unit)  # also what waits for its next start
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
        _, private_cache = _private_data(services, site)
        caches = (private_cache, site.cache, *cached_pages(site, tree))
        left = (
            *certificate_leftovers(site),
            *orders,
            site.failed_folder,
            *caches,
            *empty_state(site, services, tree),
        )
        transaction.commit((*left, *(() if keep_logs else logs)), folders)


def empty_state(site: Site, services: ServiceManager, tree: HostTree) -> tuple[str, ...]:
    """Return the paths of the folder for the app's lasting files while it holds none: files in it are never removed."""
    paths = (_private_data(services, site)[0], site.state)
    return () if any(tree.names_in(path) for path in paths) else paths


def kept_paths(site: Site, services: ServiceManager, tree: HostTree) -> tuple[str, ...]:
    """Return what an uninstall leaves: the app's lasting files, and its secrets. They may exist nowhere else."""
    private_state, _ = _private_data(services, site)
    data = [path for path in (private_state, site.state) if tree.state(path).exists]
    secrets = [_alone(site.environment_file, tree)] if tree.state(site.environment_file).exists else []
    return (*data, *secrets)


def _alone(path: str, tree: HostTree) -> str:
    """Return the highest folder of enuf's in /etc that holds the file and nothing else, or the file itself."""
    folder = posixpath.dirname(path)
    while folder != "/etc" and tree.names_in(folder) == [posixpath.basename(path)]:
        path, folder = folder, posixpath.dirname(folder)
    return path


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


def _private_log(services: ServiceManager, site: Site) -> str:
    return f"{services.format.private_logs}/{site.full_name}"


def _private_data(services: ServiceManager, site: Site) -> tuple[str, str]:
    """Return where a dynamic user's lasting files are, and its cached ones."""
    manager = services.format
    return f"{manager.private_state}/{site.full_name}", f"{manager.private_cache}/{site.full_name}"


def _refuse_ignored_name(nginx: NginxService, plan: Plan, own_files: Collection[str]) -> None:
    """Raise NotReady for a name that another site has at the same address.

    nginx only warns of that in its test, and never sends a request to the second site.
    """
    match = re.search(r'conflicting server name "([^"]*)" on (\S+), ignored', nginx.test())
    if match is None or plan.site is None or match[1] not in server_names(plan):
        return
    found = places_of_name(nginx.configuration(), match[1])
    others = [str(place) for place in found if not place.is_in(own_files)]
    raise NotReady(
        f"another site of the host's nginx answers to {match[1]} on {match[2]} already"
        + (f": {', '.join(others)}" if others else ""),
        "take the name out there, or choose another one: --domain. For a part of that site: enuf explain domain-taken",
        slug="domain-taken",
    )
