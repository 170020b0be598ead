"""The plan of an install: every file is known before one is written."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

from msgspec.structs import replace

from enuf import __version__
from enuf.discover.run_user import refuse_user_of_others
from enuf.inspect.host_site import visitor_of
from enuf.install.certbot_site import carried_over, certbot_remark
from enuf.install.earlier_data import refuse_data_of_others, secrets_before
from enuf.install.edited import edited_warnings
from enuf.install.image_gaps import image_warnings
from enuf.install.logrotate import rotation_text
from enuf.install.nginx_build import refuse_lacking
from enuf.install.own_lines import refuse_raw_lines, with_own_lines
from enuf.install.plan_service import beside_steps, service_steps, timer_action, with_credentials
from enuf.install.plan_site import plan_site, with_site_defaults
from enuf.install.remembered_flags import refuse_remembered_secrets
from enuf.install.replaced import replaced_by, replacing_changes
from enuf.install.requests import ANY_NAME, SERVICE_ENVIRONMENT, InstallRequest
from enuf.install.running_already import running_already
from enuf.install.sequence import InstallJob
from enuf.install.service_folders import TEMPORARY, ServiceFolders, is_in, service_folders
from enuf.install.service_user import log_group, service_user
from enuf.install.services.base import ServiceRequest, ServiceUser
from enuf.install.shared_name import refuse_part_of_another
from enuf.install.site_certificate import SiteCertificate, site_certificate
from enuf.install.site_changes import (
    LogOwner,
    SiteChanges,
    SiteTexts,
    obsolete_files,
    pending_changes,
    refuse_foreign,
    site_changes,
)
from enuf.install.site_failure import failure_texts
from enuf.install.site_warnings import site_warnings
from enuf.install.target_host import TargetHost
from enuf.install.trial import service_environment
from enuf.install.writable import lost_warnings, refuse_unwritable, writable_names
from enuf.install.written_beside import written_beside
from enuf.model.address import UnixAddress
from enuf.model.plan import Plan
from enuf.model.site import Installed, Replaced, Site
from enuf.plan.release_paths import through_link
from enuf.settings.load import Loaded
from enuf.start.privileges import ROOTS_PROGRAMS, refuse_chosen_by_others, user_setting


def plan_install(request: InstallRequest, host: TargetHost) -> InstallJob:
    """Return the job of an install. No file is touched. Raise EnufError."""
    request = carried_over(request, host.tree)
    site = Site(name=request.name, nginx=host.nginx)
    given = service_environment(site, host)
    given = replace(given, variables={**request.variables.values, **given.variables})
    environ = {**SERVICE_ENVIRONMENT, **given.variables}
    invocation, loaded = with_site_defaults(request, host, environ)
    project, settings = Path(invocation.project), loaded.settings
    refuse_part_of_another(settings, site.name, invocation.project, host.tree)
    refuse_remembered_secrets(loaded)
    _refuse_settings_of_others(loaded, project)
    site = with_own_lines(site, host.tree)
    refuse_raw_lines(loaded, site)
    if host.servers.services.format.holds_sockets:
        site = replace(site, waits_at=site.waiting_link)
    certificate = site_certificate(invocation, loaded, site, host)
    user = service_user(settings.serve.user, project, site, host.tree)
    refuse_data_of_others(request, user, site, host.tree, host.servers.services.format)
    made = plan_site(invocation, settings, user, site, host=host, given=given)
    refuse_lacking(host.build, settings, made.plan.topology.link.wire)
    folders = service_folders(made.plan, project, writable_names(request, loaded), host.tree)
    refuse_unwritable(folders.writable, user, site, host)
    record = Installed(
        site=made.site,
        project=host.tree.image_path(invocation.project),
        target=invocation.target and host.tree.image_path(invocation.target),
        flags=invocation.flags,
        user=user.name,
        folders=request.old.folders if request.old else (),
        tls=certificate.tls if certificate else None,
        writable=request.writable,
        may_write=folders.writable,
        replaced=replaced_by(request.name, request.replaces) or _replaced_before(request),
        of_systemd=_folders_of_manager(request, host, user),
        enuf=__version__,
        url=made.plan.url,
        domains=(*settings.serve.every_name, *((ANY_NAME,) if settings.install.default_site else ())),
        dashboard=str(settings.dashboard.listen or ""),
        visitor=visitor_of(made.plan, made.plan.host_file.digest),
    )
    changes = _site_changes(
        record, made.plan, loaded, user=user, folders=folders, host=host, certificate=certificate
    )
    _refuse_files_of_others(request, changes, host)
    overwritten = edited_warnings(request, loaded, changes, host)
    pending = pending_changes(
        (*changes.changes, *obsolete_files(request.old, changes.record)), host.tree.state
    )
    if request.replaces:
        pending = (*pending, *replacing_changes(record.replaced, host.tree.state))
    paths = {change.path for change in pending}
    steps = service_steps(request, host, made.plan, changes, paths)
    return InstallJob(
        plan=made.plan,
        site=changes,
        changes=pending,
        beside=beside_steps(request, host, changes, paths),
        steps=with_credentials(steps, given, host),
        timer=timer_action(request, host, changes.record, paths),
        leaf=certificate.leaf if certificate else b"",
        dynamic_user=user.dynamic,
        writable=folders.writable,
        warnings=(
            *overwritten,
            *certbot_remark(request, invocation),
            *lost_warnings(request, folders.writable),
            *made.warnings,
            *written_beside(made.plan, folders.writable, site),
            *(certificate.warnings if certificate else ()),
            *made.plan.notes,
            *made.plan.static_through_app,
            *_temporary_warnings(made.plan),
            *running_already(request, host),
            *site_warnings(request.old, record, settings, user),
            *secrets_before(request, site, host.tree),
            *image_warnings(made.plan, user, host),
        ),
    )


def _refuse_settings_of_others(loaded: Loaded, project: Path) -> None:
    """Raise PrivilegeNeeded for a setting of root's nginx or the service's user that somebody else chose."""
    # A unix socket of the site is made by the host's nginx, as root.
    is_socket = any(isinstance(each, UnixAddress) for each in loaded.settings.serve.addresses)
    listens = ["serve.listen"] if is_socket else []
    refuse_chosen_by_others(loaded, project, (*ROOTS_PROGRAMS, "install.wants", *listens))
    refuse_user_of_others(user_setting(loaded, project))


def _replaced_before(request: InstallRequest) -> tuple[Replaced, ...]:
    return request.old.replaced if request.old else ()


def _folders_of_manager(request: InstallRequest, host: TargetHost, user: ServiceUser) -> tuple[str, ...]:
    """Return the folders that the service manager makes and that were missing before the first install."""
    known = request.old.of_systemd if request.old else ()
    manager = host.servers.services.format
    made = (manager.private_logs, manager.private_state, manager.private_cache) if user.dynamic else ()
    return tuple(dict.fromkeys((*known, *(each for each in made if not host.tree.state(each).exists))))


def _site_changes(
    record: Installed,
    plan: Plan,
    loaded: Loaded,
    *,
    user: ServiceUser,
    folders: ServiceFolders,
    host: TargetHost,
    certificate: SiteCertificate | None,
) -> SiteChanges:
    group, tree = log_group(user, host.tree), host.tree
    service = ServiceRequest(
        plan=plan,
        settings=loaded.settings,
        site=record.site,
        user=user,
        enuf=(tree.image_path(_own_python(plan.paths.project)), "-P", "-m", "enuf"),
        writable=folders.writable,
        protected=folders.protected,
        needs_home=folders.needs_home,
        bound=folders.bound,
    )
    texts = SiteTexts(
        site=plan.host_file.text,
        service=host.servers.services.format.files(service),
        rotation=rotation_text(record.site, loaded.settings.log.rotate, group),
        certificate=certificate.texts(service, host) if certificate else None,
        failure=failure_texts(service, host),
    )
    logs = LogOwner(tree.account_id(record.site.nginx.user, "passwd"), tree.account_id(group, "group"))
    return site_changes(record, texts, host.layout, logs, tree.state)


def _own_python(project: str) -> str:
    """Return the Python that runs enuf; through the project's link where it is part of a release, which goes one day."""
    named = through_link(sys.executable, project, os.path.realpath(project))
    return named if os.path.exists(named) else sys.executable  # noqa: PTH110


def _refuse_files_of_others(request: InstallRequest, changes: SiteChanges, host: TargetHost) -> None:
    """Raise SettingsInvalid for a path outside the tree, Conflict for a file written by others."""
    tree = host.tree
    for change in changes.changes:
        tree.refuse_escape(change.path)
    refuse_foreign(changes.changes, request.old, tree.state)


def _temporary_warnings(plan: Plan) -> Iterator[str]:
    if is_in(plan.paths.project, TEMPORARY):
        yield f"{plan.paths.project} lies in a folder that the system empties from time to time"
