"""The two operations on a host, each whole: recover, plan, then change the host under its lock, or only show the change."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec

from enuf.install.host_lock import host_lock
from enuf.install.plan_install import plan_install
from enuf.install.proof import Proof
from enuf.install.recovery import recover_host
from enuf.install.requests import (
    SERVICE_ENVIRONMENT,
    InstallOptions,
    UninstallOptions,
    install_request,
    installed_record,
)
from enuf.install.sequence import InstallJob, ReportStep, install, uninstall
from enuf.install.servers import Servers
from enuf.install.services.systemd import refuse_without_systemd
from enuf.install.show import as_diff
from enuf.install.site_changes import pending_changes, refuse_edited, removal_changes
from enuf.install.target_host import (
    TargetHost,
    image_host,
    image_servers,
    servers_of_this_host,
    this_host,
)
from enuf.install.tree import HostTree
from enuf.model.site import LIBRARY, Installed
from enuf.start.invocation import Invocation
from enuf.start.privileges import ROOTS_NGINX, read_settings_of_keeper, refuse_chosen_by_others
from enuf.system.own_command import refuse_without_root


class OperationReporter(msgspec.Struct, frozen=True):
    """The functions that show a person the progress of an operation."""

    step: ReportStep
    warn: Callable[[str], None]


class InstallResult(msgspec.Struct, frozen=True, kw_only=True):
    """The job of an install, its host, and what came of it."""

    job: InstallJob
    host: TargetHost
    changed: bool = True
    """False when the site was installed like this already."""
    proof: Proof | None = None
    """None in an image, and when there was no change."""


def refuse_unable(root: Path | None, *, dry_run: bool) -> None:
    """Raise PrivilegeNeeded or ToolUnusable where this process cannot change this host; an image and a dry run need neither."""
    if root is None and not dry_run:
        refuse_without_root("change the sites and services of this host")
        refuse_without_systemd()


def show_install(invocation: Invocation, options: InstallOptions) -> tuple[InstallJob, str]:
    """Return the job of an install and its diff. No file is touched. Raises EnufError."""
    host = _target_host(invocation, options.root)
    job = plan_install(install_request(invocation, options, host.tree.root), host)
    return job, as_diff(job.changes, host.tree)


def install_site(
    invocation: Invocation, options: InstallOptions, reporter: OperationReporter
) -> InstallResult:
    """Install a site. Raises RolledBack when a step fails, and other EnufErrors before the first step."""
    host = _target_host(invocation, options.root)
    install_request(
        invocation, options, host.tree.root
    )  # an error of usage is reported before anything is locked
    with host_lock(host.tree):
        _recover(host.tree, host.servers, reporter)
        job = plan_install(install_request(invocation, options, host.tree.root), host)
        if not job.changes and job.action is None and host.servers.are_live:
            return InstallResult(job=job, host=host, changed=False)
        proof = install(job, host.tree, host.servers, reporter.step)
    return InstallResult(job=job, host=host, proof=proof)


def show_uninstall(options: UninstallOptions) -> tuple[Installed, str]:
    """Return the record of the site and the diff of its removal. No file is touched. Raises NotRunning."""
    tree, servers = _uninstall_host(options.root)
    record = installed_record(options, tree.root)
    first, rest = removal_changes(record, servers.services.format)
    return record, as_diff(pending_changes((*first, *rest), tree.state), tree)


def uninstall_site(options: UninstallOptions, reporter: OperationReporter) -> Installed:
    """Uninstall a site and return its record. Raises RolledBack when a step fails, other EnufErrors before the first step."""
    tree, servers = _uninstall_host(options.root)
    if not tree.local_path(LIBRARY).is_dir():
        return installed_record(options, tree.root)  # raises: without the folder no site is installed
    with host_lock(tree):
        _recover(tree, servers, reporter)
        record = installed_record(options, tree.root)
        if not options.force:
            refuse_edited(record, tree.state, servers.services.format, "uninstall")
        uninstall(record, tree, servers, reporter.step, keep_logs=options.keep_logs)
    return record


def _target_host(invocation: Invocation, root: Path | None) -> TargetHost:
    if root is not None:
        return image_host(root)
    loaded = read_settings_of_keeper(invocation, SERVICE_ENVIRONMENT)
    refuse_chosen_by_others(loaded, Path(invocation.project), ROOTS_NGINX)
    return this_host(loaded.settings.nginx)


def _uninstall_host(root: Path | None) -> tuple[HostTree, Servers]:
    if root is not None:
        return HostTree(root.resolve()), image_servers()
    return HostTree(), servers_of_this_host()


def _recover(tree: HostTree, servers: Servers, reporter: OperationReporter) -> None:
    """Undo or complete what an interrupted run has left, and warn about it."""
    recovered = recover_host(tree, servers)
    if recovered:
        reporter.warn(recovered)
