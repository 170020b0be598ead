"""The service of an installed site: the supervisor of `enuf up`, without a front of its own."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from pathlib import Path

import msgspec
from msgspec.structs import replace

from enuf.errors import Conflict, EnufError, NotRunning, SettingsInvalid
from enuf.model.address import UnixAddress
from enuf.model.environment import hide_values, secret_values
from enuf.model.paths import StackPaths
from enuf.model.plan import Plan
from enuf.model.site import Installed, digest_of_bytes, record_of
from enuf.model.stack_events import StartFailed
from enuf.run.process.listeners import Listeners
from enuf.start.invocation import Invocation
from enuf.start.pipeline import full_plan, outline, pin_app, read_settings
from enuf.start.service_reporter import ServiceReporter
from enuf.system import acl, files
from enuf.system.handed_over import handed_over_sockets
from enuf.system.journal import EventJournal
from enuf.system.notify import notify
from enuf.system.runtime_dir import no_room
from enuf.system.sites import read_record
from enuf.system.stack_lock import lock_stack
from enuf.system.user import user_named

MOST_LINES = 100
"""Lines of evidence in the journal: the last ones, which say what went wrong."""


def serve(name: str, environ: Mapping[str, str]) -> int:
    """Run the site's stack until systemd stops it. Return the exit code. Raise EnufError."""
    environ = dict(environ)  # of this service alone: a reload may bring other variables
    record = _record(name)
    paths = record.site.paths(record.project)
    try:
        error = _serve(record, paths, environ)
    except EnufError as failure:
        EventJournal(paths).record(_failed_event(failure))
        raise
    if error is not None:
        raise error
    return 0


def _failed_event(error: EnufError) -> StartFailed:
    return StartFailed(error.summary, tuple(error.detail.splitlines()[-MOST_LINES:]))


def _serve(record: Installed, paths: StackPaths, environ: Mapping[str, str]) -> EnufError | None:
    """Run the stack to its end. Return why it ended, None after a requested stop. Raise EnufError for a failed start."""
    guest = _guest(record)
    _prepare_place(paths, guest)
    _link_logs(record)
    lock = lock_stack(paths)
    if lock is None:
        raise Conflict(
            f"the service {record.site.unit} runs already",
            paths.service_commands.control("status", record.site.unit),
        )
    error = _supervise(record, paths, guest, environ)
    lock.close()
    return error


def _supervise(
    record: Installed, paths: StackPaths, guest: int, environ: Mapping[str, str]
) -> EnufError | None:
    from enuf.run.process.acl_listeners import AclListeners
    from enuf.run.state import recover_stack
    from enuf.run.supervisor import Supervisor

    reporter = ServiceReporter(environ)
    recover_stack(paths)
    listeners = AclListeners(guest)
    waits_at = _take_waiting(record, listeners, environ, reporter)
    invocation = _invocation_of(record, waits_at)
    found = outline(invocation, read_settings(invocation, environ), environ, paths)
    pinned = pin_app(invocation, found)
    reporter.progress(f"importing {found.app}")

    def make() -> Plan:
        """Make the plan from the record as it is now: a later install may have changed the flags."""
        now = _record(record.site.name)
        asked = replace(
            _invocation_of(now, waits_at),
            pinned=pinned.pinned,
            pinned_target=pinned.pinned_target,
            pinned_in=pinned.pinned_in,
        )
        try:
            return _with_note(full_plan(asked, environ, paths), now)
        except EnufError as error:
            hide_values(error, secret_values(environ))
            raise

    plan = make()
    for note in plan.notes:
        reporter.warning(note)
    listeners.backlog = plan.backlog_limit
    supervisor = Supervisor(plan, make, None, listeners=listeners, reporter=reporter, environ=environ)
    try:
        error = asyncio.run(supervisor.run())
    except OSError as problem:
        error = no_room(problem)
    notify(environ, "STOPPING=1")
    return error


def _take_waiting(
    record: Installed, listeners: Listeners, environ: Mapping[str, str], reporter: ServiceReporter
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


def _invocation_of(record: Installed, waits_at: str) -> Invocation:
    """Return the invocation with which the site was installed; requests have waited at `waits_at` for this run."""
    site = replace(record.site, waits_at=waits_at)
    return Invocation(project=record.project, target=record.target, flags=record.flags, site=site)


def _with_note(plan: Plan, record: Installed) -> Plan:
    """Add a note to the plan when the settings make another site file than nginx has.

    Only root may write that file.
    """
    text = plan.host_file.text
    if digest_of_bytes(text.encode()) in {each.digest for each in record.files}:
        return plan
    note = "nginx's site is not yet as the settings and the app's static folders say now: `enuf install` as root writes it"
    return replace(plan, notes=(*plan.notes, note))


def _record(name: str) -> Installed:
    file = Path(record_of(name))
    try:
        return read_record(file)
    except (OSError, msgspec.DecodeError) as error:
        raise NotRunning(
            f"no site {name} is installed here: {file}: {error}", "install it: enuf install"
        ) from None


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
    from enuf.run.process.acl_listeners import grant_access

    for folder in (paths.conf, paths.temp):
        Path(folder).mkdir(mode=0o700, exist_ok=True)
    grant_access(Path(paths.runtime), guest, acl.ENTER)
