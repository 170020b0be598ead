"""`enuf render --plain`: the short files of a plan, for the user who would run them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from enuf.cli.terminal.output import writing_to
from enuf.model.plan import Plan
from enuf.render.plain import plain_files
from enuf.render.plain_values import NGINX_GROUP
from enuf.render.write import write_plain
from enuf.start.invocation import Invocation
from enuf.start.privileges import read_settings_of_keeper, run_user, with_rights_of_keeper
from enuf.system.user import User, user_named


def write_plain_plan(
    plan: Plan, invocation: Invocation, environ: Mapping[str, str], spoken: Path
) -> list[Path]:
    """Write the short files and return their paths.

    Raise SettingsInvalid for settings that they cannot express.
    """
    loaded = read_settings_of_keeper(invocation, environ)
    owner: User | None = None
    name = plan.toolchain.machine.user
    if plan.toolchain.machine.is_root:
        is_root = loaded.settings.serve.user == "root"
        owner = None if is_root else run_user(invocation, loaded, environ)[0] or user_named(NGINX_GROUP)
        name = "root" if is_root else owner.name if owner else NGINX_GROUP
    place = Path(plan.paths.home)
    with with_rights_of_keeper(spoken), writing_to(place):
        return write_plain(plan, plain_files(plan, loaded.settings, name), owner)
