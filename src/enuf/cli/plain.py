"""`enuf render --plain`: the short files of a plan, for the user who would run them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from enuf.cli.privileges import run_user
from enuf.model.plan import Plan
from enuf.prepare import Invocation, read_settings
from enuf.render.plain import plain_files
from enuf.render.plain_values import NGINX_GROUP
from enuf.render.write import write_plain
from enuf.system.user import user_named


def write_plain_plan(plan: Plan, invocation: Invocation, environ: Mapping[str, str]) -> list[Path]:
    """The files, written. Raises SettingsInvalid for what they cannot express."""
    loaded = read_settings(invocation, environ)
    machine = plan.toolchain.machine
    if not machine.is_root:
        return write_plain(plan, plain_files(plan, loaded.settings, machine.user), None)
    if loaded.settings.serve.user == "root":
        return write_plain(plan, plain_files(plan, loaded.settings, "root"), None)
    owner = run_user(invocation, loaded, environ)[0] or user_named(NGINX_GROUP)
    name = owner.name if owner else NGINX_GROUP
    return write_plain(plan, plain_files(plan, loaded.settings, name), owner)
