"""The plan of an installed site, from the record of its install."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec
from msgspec.structs import replace

from enuf.errors import EnufError, NotRunning
from enuf.model.environment import hide_values, secret_values
from enuf.model.paths import StackPaths
from enuf.model.plan import Plan
from enuf.model.site import Installed, digest_of_bytes, record_of
from enuf.start.invocation import Invocation
from enuf.start.pipeline import full_plan
from enuf.system.sites import read_record


def plan_of_site(name: str, pinned: Invocation, environ: Mapping[str, str], paths: StackPaths) -> Plan:
    """Make the plan of a site from its record as it is now: a later install may have changed the flags. Raise EnufError."""
    record = site_record(name)
    asked = replace(
        invocation_of(record, pinned.site.waits_at if pinned.site else ""),
        pinned=pinned.pinned,
        pinned_target=pinned.pinned_target,
        pinned_in=pinned.pinned_in,
    )
    try:
        return _with_note(full_plan(asked, environ, paths), record)
    except EnufError as error:
        hide_values(error, secret_values(environ))
        raise


def invocation_of(record: Installed, waits_at: str) -> Invocation:
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


def site_record(name: str) -> Installed:
    """Return the record of an installed site. Raise NotRunning for a site that is not installed."""
    file = Path(record_of(name))
    try:
        return read_record(file)
    except (OSError, msgspec.DecodeError) as error:
        raise NotRunning(
            f"no site {name} is installed here: {file}: {error}", "install it: enuf install"
        ) from None
