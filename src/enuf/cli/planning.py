"""A plan without a start, made as the user who would run it: making one runs the project's own code."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec

from enuf.cli.privileges import run_user
from enuf.discover.machine import find_machine
from enuf.errors import EnufError
from enuf.model.failure import Failure, failure_of
from enuf.model.paths import StackPaths
from enuf.model.plan import Plan
from enuf.prepare import Invocation, full_plan, read_settings
from enuf.system.place import locate
from enuf.system.user import as_user


def planned(
    invocation: Invocation, environ: Mapping[str, str], place: StackPaths | None = None
) -> tuple[Plan, list[str]]:
    """The plan and what `enuf up` would warn of. Raises the EnufError that a start would end with, as far as it can be seen.

    With a `place` of its own, the plan is for whoever we are, who will have its files there.
    """
    user, warnings = run_user(invocation, read_settings(invocation, environ), environ)
    project = Path(invocation.project)
    if user is None:
        return full_plan(invocation, environ, place or locate(project)), warnings
    machine = find_machine() if place else None

    def work() -> str:
        # Without a place of its own it is the user's: `locate` looks for that user, in this process.
        try:
            theirs = {**environ, "HOME": user.home}
            made: Plan | Failure = full_plan(invocation, theirs, place or locate(project), machine)
        except EnufError as error:
            made = failure_of(error)
        return msgspec.json.encode([isinstance(made, Plan), made]).decode()

    is_plan, made = msgspec.json.decode(as_user(user, work), type=tuple[bool, msgspec.Raw])
    if is_plan:
        return msgspec.json.decode(made, type=Plan), warnings
    raise msgspec.json.decode(made, type=Failure).error()
