"""The two operations: recover and plan, then change the host under its lock, or only show the change."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from enuf.errors import Conflict
from enuf.install.certbot_site import certbot_edit
from enuf.install.change import MakeFolder, MakeLog
from enuf.install.host_lock import host_lock
from enuf.install.ordering import order_certificate
from enuf.install.plan_install import plan_install
from enuf.install.proof import Proof
from enuf.install.recovery import recover_host
from enuf.install.replaced import forgetting_changes, restoring_changes
from enuf.install.requests import (
    SERVICE_ENVIRONMENT,
    InstallOptions,
    UninstallOptions,
    install_request,
    installed_record,
)
from enuf.install.sequence import (
    InstallJob,
    ReportStep,
    cached_pages,
    install,
    kept_paths,
    site_logs,
    uninstall,
)
from enuf.install.servers import Servers
from enuf.install.services.base import ServiceAction
from enuf.install.services.systemd import refuse_without_systemd
from enuf.install.show import as_diff
from enuf.install.site_changes import edited_error, edited_files, pending_changes, removal_changes
from enuf.install.target_host import (
    TargetHost,
    image_host,
    image_servers,
    refuse_image_of_others,
    servers_of_this_host,
    this_host,
)
from enuf.install.tree import HostTree
from enuf.model.site import LIBRARY, Installed
from enuf.start.invocation import Invocation
from enuf.start.privileges import ROOTS_PROGRAMS, read_settings_of_keeper, refuse_chosen_by_others
from enuf.system.own_command import refuse_without_root


class OperationReporter(msgspec.Struct, frozen=True):
    """The functions that show a person the progress of an operation."""

    step: ReportStep
    warn: Callable[[str], None]
    ask: Callable[[str], bool] = lambda _question: False
    """Asks the person at the terminal a yes-or-no question; False where nobody is there."""

    def allow_cut(self, why: str) -> None:
        """Ask whether requests may be lost. Raise Conflict unless the answer is yes."""
        if not self.ask(f"{why}. Requests of that moment may be lost. Go on?"):
            raise Conflict(
                f"{why}, and requests of that moment may be lost: nothing was changed",
                "at a moment that you choose: enuf install --yes",
                slug="would-cut",
            )


class InstallResult(msgspec.Struct, frozen=True, kw_only=True):
    """The job of an install, its host, and what came of it."""

    job: InstallJob
    host: TargetHost
    changed: bool = True
    """False when the site was installed like this already."""
    proof: Proof | None = None
    """None in an image, and when there was no change."""
    order_problem: str = ""
    """Why no certificate could be ordered; the timer tries again."""


def refuse_unable(root: Path | None, *, dry_run: bool) -> None:
    """Raise PrivilegeNeeded or ToolUnusable where this process cannot change this host.

    An image and a dry run need neither root nor systemd.
    """
    if root is None and not dry_run:
        refuse_without_root("change the sites and services of this host")
        refuse_without_systemd()


class ShownChange(msgspec.Struct, frozen=True, kw_only=True):
    """A change that was planned and not made."""

    site: str
    diff: str
    """Empty where the host would stay as it is."""
    action: ServiceAction | None = None
    warnings: tuple[str, ...] = ()


def show_install(invocation: Invocation, options: InstallOptions) -> ShownChange:
    """Return what an install would change. No file is touched. Raise EnufError."""
    host = target_host(invocation, options)
    job = plan_install(install_request(invocation, options, host.tree), host)
    library = () if host.tree.state(LIBRARY).exists else (MakeFolder(LIBRARY),)
    changes = (*library, *job.changes) if job.changes else ()
    return ShownChange(
        site=job.site.record.site.name,
        diff=as_diff(changes, host.tree),
        action=job.steps.action,
        warnings=(*_interrupted(host.tree), *job.warnings, *_cut(job)),
    )


def install_site(
    invocation: Invocation, options: InstallOptions, reporter: OperationReporter
) -> InstallResult:
    """Install a site. Raise RolledBack when a step fails, and other EnufErrors before the first step."""
    host = target_host(invocation, options)
    install_request(invocation, options, host.tree)  # an error of usage is reported before anything is locked
    with host_lock(host.tree):
        _recover(host.tree, host.servers, reporter)
        job = plan_install(install_request(invocation, options, host.tree), host)
        _close_logs(job, host.tree, reporter)
        changed = bool(job.changes) or job.steps.action is not None
        if changed and job.steps.cut and not options.yes:
            reporter.allow_cut(job.steps.cut)
        proof = install(job, host.tree, host.servers, reporter.step) if changed else None
    return InstallResult(
        job=job, host=host, changed=changed, proof=proof, order_problem=_order(job, host, reporter)
    )


def _order(job: InstallJob, host: TargetHost, reporter: OperationReporter) -> str:
    """Order the certificate of a site that is served by now. Return why there is none; empty on success or without an order."""
    record = job.site.record
    if record.tls is None or record.tls.mode != "acme" or not host.servers.are_live:
        return ""
    reporter.step("ordering a certificate")
    return order_certificate(record.site, host.servers.services, host.tree)


def show_uninstall(options: UninstallOptions) -> ShownChange:
    """Return what an uninstall would change. No file is touched. Raise NotRunning."""
    tree, servers = _uninstall_host(options.root)
    record, services = installed_record(options, tree), servers.services
    first, rest = removal_changes(record, services.format)
    back = restoring_changes(record, tree.state)
    changes = (*first, *back, *rest, *forgetting_changes(record))
    diff = as_diff(pending_changes(changes, tree.state), tree)
    removed = cached_pages(record.site, tree)
    if not options.keep_logs:
        removed += site_logs(record.site, services, tree)
    removed += (record.site.cache,)
    diff += "".join(f"remove {path}\n" for path in removed if tree.state(path).exists)
    return ShownChange(
        site=record.site.name,
        diff=diff,
        warnings=(*_interrupted(tree), *_edited(record, tree, options)),
    )


def uninstall_site(options: UninstallOptions, reporter: OperationReporter) -> Installed:
    """Uninstall a site and return its record.

    Raise RolledBack when a step fails, other EnufErrors before the first step.
    """
    tree, servers = _uninstall_host(options.root)
    if not tree.local_path(LIBRARY).is_dir():
        return installed_record(options, tree)  # raises: without the folder no site is installed
    with host_lock(tree):
        _recover(tree, servers, reporter)
        record = installed_record(options, tree)
        if not options.force and (edited := _edited_files(record, tree)):
            raise edited_error(edited, record, servers.services.format, "uninstall")
        uninstall(record, tree, servers, reporter.step, keep_logs=options.keep_logs)
    return record


def folders_that_stay(record: Installed, root: Path | None) -> tuple[str, ...]:
    """Return the folders with root's own lines for a site, which an uninstall does not remove."""
    tree = _tree_of(root)
    overrides = image_servers().services.format.override_folder(record.site.unit)
    own = (record.site.own_folder,) if record.site.own else ()
    return (*own, *((overrides,) if tree.state(overrides).exists else ()))


def kept_after_uninstall(record: Installed, options: UninstallOptions) -> tuple[str, ...]:
    """Return the paths that are left of an uninstalled site: the app's lasting files, and its secrets."""
    tree = _tree_of(options.root)
    services = image_servers().services  # the folders' names are wanted, and no server is asked
    return tuple(str(tree.local_path(path)) for path in kept_paths(record.site, services, tree))


def target_host(invocation: Invocation, options: InstallOptions) -> TargetHost:
    """Return the host, or the image, that an install changes. Raise EnufError."""
    if options.root is not None:
        return image_host(options.root)
    asked = install_request(invocation, options, HostTree()).invocation
    loaded = read_settings_of_keeper(asked, SERVICE_ENVIRONMENT)
    refuse_chosen_by_others(loaded, Path(invocation.project), ROOTS_PROGRAMS)
    return this_host(loaded.settings.nginx)


def _uninstall_host(root: Path | None) -> tuple[HostTree, Servers]:
    tree = _tree_of(root)
    if root is not None:
        refuse_image_of_others(tree)
        return tree, image_servers()
    return tree, servers_of_this_host()


def _tree_of(root: Path | None) -> HostTree:
    return HostTree() if root is None else HostTree(root.resolve())


def _recover(tree: HostTree, servers: Servers, reporter: OperationReporter) -> None:
    """Undo or complete what an interrupted run has left, and warn about it."""
    recovered = recover_host(tree, servers)
    if recovered:
        reporter.warn(recovered)


def _close_logs(job: InstallJob, tree: HostTree, reporter: OperationReporter) -> None:
    """Take from everybody the right to read the site's logs of nginx, which nginx gives when it makes them anew."""
    for change in job.site.changes:
        if isinstance(change, MakeLog) and tree.close_log(change):
            reporter.warn(f"everybody could read {change.path}: that is mended")


def _cut(job: InstallJob) -> Iterator[str]:
    if job.steps.cut:
        yield f"{job.steps.cut}, and requests of that moment may be lost: a real run asks first"


def _interrupted(tree: HostTree) -> Iterator[str]:
    if tree.state(f"{LIBRARY}/journal").exists:
        yield "an earlier change was cut off: the next run undoes or completes it first"


def _edited(record: Installed, tree: HostTree, options: UninstallOptions) -> Iterator[str]:
    if not options.force and (edited := _edited_files(record, tree)):
        yield f"somebody has changed what enuf wrote: {', '.join(edited)}; only --force removes that"


def _edited_files(record: Installed, tree: HostTree) -> list[str]:
    """Return the files that somebody has changed. Lines of certbot's go without a word: its certificate stays."""
    edit = certbot_edit(record, tree)
    return [path for path in edited_files(record, tree.state) if edit is None or path != edit.path]
