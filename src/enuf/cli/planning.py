"""A plan without a start, made as the user who would run it: making one runs the project's own code."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec

from enuf.cli.privileges import run_user
from enuf.errors import EnufError
from enuf.model.failure import Failure, failure_of
from enuf.model.plan import Plan
from enuf.prepare import Invocation, full_plan, read_settings
from enuf.system.place import locate
from enuf.system.user import as_user


def planned(invocation: Invocation, environ: Mapping[str, str]) -> tuple[Plan, list[str]]:
    """The plan and what `enuf up` would warn of. Raises the EnufError that a start would end with, as far as it can be seen."""
    user, warnings = run_user(invocation, read_settings(invocation, environ), environ)
    paths = locate(Path(invocation.project))
    if user is None:
        return full_plan(invocation, environ, paths), warnings

    def work() -> str:
        # The place is the user's own, too: this is another process, and another user in it.
        theirs = locate(Path(invocation.project))
        try:
            made: Plan | Failure = full_plan(invocation, {**environ, "HOME": user.home}, theirs)
        except EnufError as error:
            made = failure_of(error)
        return msgspec.json.encode([isinstance(made, Plan), made]).decode()

    is_plan, made = msgspec.json.decode(as_user(user, work), type=tuple[bool, msgspec.Raw])
    if is_plan:
        return msgspec.json.decode(made, type=Plan), warnings
    failure = msgspec.json.decode(made, type=Failure)
    raise failure.error()
