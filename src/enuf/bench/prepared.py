"""The user's app in a private copy of the project, found and imported as `enuf up` would do it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from msgspec.structs import replace

from enuf.bench.subjects.base import ServedApp
from enuf.bench.subjects.enuf_topology import PRIVATE
from enuf.bench.workspace import copy_project
from enuf.errors import EnufError, PrivilegeNeeded, revive
from enuf.model.plan import Plan
from enuf.start.invocation import Invocation
from enuf.start.plan_only import planned
from enuf.system.env_files import values_of
from enuf.system.switch_user import keeper_of


def prepare_app(invocation: Invocation, environ: Mapping[str, str], folder: Path) -> tuple[ServedApp, Plan]:
    """Copy the project below `folder`, find its app there, and return both the app and the plan that enuf has for it.

    Raise the EnufError that `enuf up` would raise, and PrivilegeNeeded where root would run code of another user.
    """
    project = Path(invocation.project)
    keeper = keeper_of(project)
    if keeper is not None:
        raise PrivilegeNeeded(
            f"root does not measure an app that {keeper.name} can change",
            f"run it as that user: sudo -u {keeper.name} enuf bench",
        )
    copy = folder / "project"
    copy_project(project, copy)
    forced = {key: ("enuf bench", value) for key, value in {**PRIVATE, "dashboard.listen": "off"}.items()}
    if os.geteuid() == 0:
        forced["serve.user"] = ("enuf bench", "root")
    copied = replace(invocation, project=str(copy), flags={**invocation.flags, **forced})
    try:
        plan, _ = planned(copied, environ)
    except EnufError as error:
        raise _of_project(error, str(copy), str(project)) from None
    static = tuple((each.url, each.directory) for each in plan.static_folders if not each.kept_by)
    app = ServedApp(
        project=str(copy),
        target=invocation.target or "",
        ref=plan.app,
        python=plan.toolchain.python.executable,
        environment=values_of(plan.env_files),
        static=static,
        host=plan.health.host,
    )
    return app, plan


def _of_project(error: EnufError, copy: str, project: str) -> EnufError:
    """Return the error with the paths of the user's project in place of those of the copy, which is gone by then."""
    summary, hint, detail = (
        text.replace(copy, project) for text in (error.summary, error.hint, error.detail)
    )
    return revive(error.exit_code, error.slug, summary, hint, detail)
