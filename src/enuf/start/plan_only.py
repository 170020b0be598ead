"""A plan without a start, made as the user who would run the stack.

Making a plan runs the project's own code.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from msgspec.structs import replace

from enuf.discover.machine import find_machine
from enuf.model.paths import StackPaths
from enuf.model.plan import Plan
from enuf.start.invocation import Invocation
from enuf.start.pipeline import full_plan
from enuf.start.privileges import read_settings_of_keeper, run_user
from enuf.start.root_key import with_root_reader
from enuf.system.runtime_dir import locate
from enuf.system.switch_user import ask_as, environment_for
from enuf.system.user import User


def planned(
    invocation: Invocation,
    environ: Mapping[str, str],
    place: StackPaths | None = None,
    folders: Mapping[str, str] | None = None,
) -> tuple[Plan, list[str]]:
    """Return the plan and the warnings that `enuf up` would print.

    Raise the EnufError that a start would raise.

    With `place`, the plan's files belong there, and the plan is for the current user. Without `place` no file is written.
    `folders` are variables that the process of the user gets as they are.
    """
    invocation = replace(invocation, shown=place is None)
    loaded = read_settings_of_keeper(invocation, environ)
    user, warnings = run_user(invocation, loaded, environ)
    invocation = with_root_reader(invocation, loaded)
    reader = invocation.root_reader
    try:
        return _planned_by(user, invocation, environ, place, folders or {}), warnings
    finally:
        if reader:
            reader.close()


def _planned_by(
    user: User | None,
    invocation: Invocation,
    environ: Mapping[str, str],
    place: StackPaths | None,
    folders: Mapping[str, str],
) -> Plan:
    project = Path(invocation.project)
    if user is None:
        return full_plan(invocation, {**environ, **folders}, place or locate(project))
    machine = find_machine() if place else None

    def work() -> Plan:
        # Without a place of its own it is the user's: `locate` looks for that user, in this process.
        variables = {**environment_for(user, environ), **folders}
        return full_plan(invocation, variables, place or locate(project), machine)

    return ask_as(user, work, Plan, keep=(invocation.root_reader.shared,) if invocation.root_reader else ())
