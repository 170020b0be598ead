"""The order of a start before the supervisor: settings, addresses, user, lock, plan."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import msgspec
from msgspec.structs import replace

from enuf.control.recovery import recover_as_owner
from enuf.errors import Conflict, PrivilegeNeeded
from enuf.model.app import importing
from enuf.model.paths import StackPaths
from enuf.model.plan import Plan
from enuf.run.reporter import Reporter
from enuf.run.state import recover_stack, state_of_this_run, write_state
from enuf.settings.load import Loaded
from enuf.start.addresses import bind, bind_remaining, may_bind_as_root
from enuf.start.held import HeldResources, recorded
from enuf.start.invocation import Invocation
from enuf.start.pipeline import (
    at_bound,
    full_plan,
    outline,
    pin_app,
    plan_of,
    probe_import,
    provisional_report,
)
from enuf.start.privileges import app_of, drop_to, read_settings_of_keeper, run_user
from enuf.start.root_key import with_root_reader
from enuf.start.single import refuse_beside_service, refuse_second, take_lock
from enuf.system.runtime_dir import locate
from enuf.system.stack_lock import StackLock


class PreparedStart(msgspec.Struct):
    """The inputs of a supervisor."""

    plan: Plan
    invocation: Invocation
    """The words of the command line, with the app that they meant and the reader of root's key."""
    make: Callable[[], Plan]
    """Make the plan again, for a reload."""
    complete: Callable[[], Plan] | None
    """Complete a provisional plan with the import proof; None when the plan is complete."""
    loaded: Loaded
    environ: Mapping[str, str]
    warnings: list[str]
    lock: StackLock


def prepare_start(
    invocation: Invocation,
    environ: Mapping[str, str],
    held: HeldResources,
    reporter: Reporter,
    *,
    with_proof: bool,
) -> PreparedStart:
    """Bind the addresses, become the servers' user, take the lock and make the plan. Raise EnufError.

    With `with_proof` the app is imported before the plan is returned.
    """
    listeners, loaded = held.listeners, read_settings_of_keeper(invocation, environ)
    project = Path(invocation.project)
    refuse_beside_service(project)
    left = locate(project)
    refuse_second(left)
    # Before the addresses are bound: processes of a killed supervisor may hold them.
    recover_as_owner(left)
    try:
        bound = bind(listeners, loaded, now=lambda each: may_bind_as_root(each, loaded, project))
    except (Conflict, PrivilegeNeeded):
        app_of(invocation, loaded, environ)  # a folder without an app is the better reason
        raise
    invocation, loaded = replace(invocation, bound=bound), at_bound(loaded, bound)
    invocation = with_root_reader(invocation, loaded)
    environ, warnings = _as_the_right_user(invocation, loaded, environ, tuple(listeners.files))
    bind_remaining(listeners, loaded)
    paths, warning, lock = take_lock(project)
    warnings += [warning] if warning else []
    held.hold(paths, lock)
    recover_stack(paths)
    with recorded(paths):
        # Written before the slow steps, so that `enuf down` can end a start at any moment.
        write_state(paths, state_of_this_run())
        start = _plan(invocation, loaded, environ, paths, lock, reporter=reporter, with_proof=with_proof)
    listeners.backlog = start.plan.backlog_limit
    warnings += _still_closed(start.plan)
    start.warnings[:0] = warnings
    return start


def _still_closed(plan: Plan) -> list[str]:
    """Return a warning about a site that stays closed for maintenance over this start."""
    if plan.pages.maintenance and Path(plan.paths.closed).is_file():
        return ["the site is still closed for maintenance: enuf maintenance off opens it"]
    return []


def _as_the_right_user(
    invocation: Invocation, loaded: Loaded, environ: Mapping[str, str], bound: Sequence[Path]
) -> tuple[Mapping[str, str], list[str]]:
    user, warnings = run_user(invocation, loaded, environ)
    if user is None:
        return environ, warnings
    return drop_to(user, Path(invocation.project), bound, environ)


def _plan(
    invocation: Invocation,
    loaded: Loaded,
    environ: Mapping[str, str],
    paths: StackPaths,
    lock: StackLock,
    *,
    reporter: Reporter,
    with_proof: bool,
) -> PreparedStart:
    found = outline(invocation, loaded, environ, paths)
    reporter.progress(importing(found.app))
    pinned = pin_app(invocation, found)
    # The commands before the first start need the whole plan: the import comes first, and nothing beside it.
    is_prepared = bool(found.settings.reload.before) and not invocation.dev
    report = None if with_proof or is_prepared else provisional_report(found)

    def make() -> Plan:
        return full_plan(pinned, environ, paths)

    def complete() -> Plan:
        return plan_of(found, probe_import(found, environ))

    if report is not None:
        return PreparedStart(plan_of(found, report), pinned, make, complete, loaded, environ, [], lock)
    plan = complete()
    return PreparedStart(plan, pinned, make, None, loaded, environ, list(plan.notes), lock)
