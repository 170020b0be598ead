"""The service of an installed site: the supervisor of `enuf up`, without a front of its own."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from enuf.errors import Conflict, SettingsInvalid
from enuf.model.address import UnixAddress
from enuf.model.paths import StackPaths
from enuf.model.plan import Plan
from enuf.model.site import Installed
from enuf.run.process.acl_listeners import AclListeners, grant_access
from enuf.run.state import recover_stack
from enuf.start.handover import ServiceHandover, as_bytes, hand_over
from enuf.start.invocation import Invocation
from enuf.start.pipeline import outline, pin_app, read_settings
from enuf.start.service_plan import invocation_of, plan_of_site, site_record
from enuf.start.service_reporter import ServiceReporter, failures_noted
from enuf.system import acl, files
from enuf.system.handed_over import handed_over_sockets
from enuf.system.marks import run_id
from enuf.system.stack_lock import lock_stack
from enuf.system.user import user_named


def serve(name: str, environ: Mapping[str, str], program: str) -> None:
    """Run the site's stack until systemd stops it. Raise EnufError.

    `program` is a module that calls `run_service` in this process, in less memory than a start needs.
    """
    environ = dict(environ)  # of this service alone: a reload may bring other variables
    record = site_record(name)
    paths = record.site.paths(record.project)
    with failures_noted(paths):
        guest = _guest(record)
        _prepare_place(paths, guest)
        _link_logs(record)
        lock = lock_stack(paths)
        if lock is None:
            raise Conflict(
                f"the service {record.site.unit} runs already",
                paths.service_commands.control("status", record.site.unit),
            )
        listeners = AclListeners(guest)
        plan, pinned = _prepared(record, paths, listeners, environ)
    handover = ServiceHandover(
        plan=plan,
        invocation=pinned,
        environ=as_bytes(environ),
        lock=lock.descriptors,
        listeners=listeners.held(),
        run=run_id(),
        command=tuple(sys.argv),
        name=name,
        guest=guest,
    )
    hand_over(handover, program)
    from enuf.start.service_run import run_service

    run_service(handover, listeners, lock)


def _prepared(
    record: Installed, paths: StackPaths, listeners: AclListeners, environ: Mapping[str, str]
) -> tuple[Plan, Invocation]:
    """Return the first plan of the site, and the invocation that makes the next ones. Raise EnufError."""
    reporter = ServiceReporter(environ)
    recover_stack(paths)
    waits_at = _take_waiting(record, listeners, environ, reporter)
    invocation = invocation_of(record, waits_at)
    found = outline(invocation, read_settings(invocation, environ), environ, paths)
    pinned = pin_app(invocation, found)
    reporter.progress(f"importing {found.app}")
    plan = plan_of_site(record.site.name, pinned, environ, paths)
    for note in plan.notes:
        reporter.warning(note)
    listeners.backlog = plan.backlog_limit
    return plan, pinned


def _take_waiting(
    record: Installed, listeners: AclListeners, environ: Mapping[str, str], reporter: ServiceReporter
) -> str:
    """Take over the socket at which requests wait for this start. Return its path; empty where there is none."""
    site = record.site
    if not site.waits_at:
        return ""
    sockets = handed_over_sockets(environ)
    path = os.path.realpath(site.waiting_link)
    waiting = sockets.pop(path, None)
    for other in sockets.values():  # the service manager keeps it: requests wait there during the next stop
        other.close()
    if waiting is None:
        reporter.warning(
            f"{site.socket_unit} has handed over no socket: requests that come during a restart are not answered"
        )
        return ""
    listeners.take_over(UnixAddress(path), waiting)
    return path


def _guest(record: Installed) -> int:
    user = user_named(record.site.nginx.user)
    if user is None:
        raise SettingsInvalid(
            f"the host's nginx ran as {record.site.nginx.user} when the site was installed, and there is no such user any more",
            "install it again: enuf install",
        )
    return user.uid


def _link_logs(record: Installed) -> None:
    """Link nginx's logs of the site beside our own logs."""
    for name, log in (("access.log", record.site.access_log), ("error.log", record.site.error_log)):
        files.replace_symlink(Path(record.site.log) / name, log)


def _prepare_place(paths: StackPaths, guest: int) -> None:
    """Complete the folders that systemd has made, and let the guest enter the runtime folder."""
    for folder in (paths.conf, paths.temp):
        Path(folder).mkdir(mode=0o700, exist_ok=True)
    grant_access(Path(paths.runtime), guest, acl.ENTER)
