"""The preparation of a reload (a new plan, its parts tested) and the refresh of the front."""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable, Mapping
from pathlib import Path

from msgspec.structs import replace

from enuf.errors import EnufError, NotReady
from enuf.model.plan import Plan
from enuf.model.process import ReadyDigest
from enuf.plan.diff import PlanChange, diff
from enuf.run.process.children import Child, Children
from enuf.run.process.environment import process_environment
from enuf.run.process.log_places import startable
from enuf.run.process.readiness import until_ready
from enuf.run.process.stopping import kill, send_order
from enuf.run.process.unit_files import write_texts
from enuf.run.reload.forked import begin_plan, finished_plan
from enuf.system import files
from enuf.system.own_command import with_sudo
from enuf.system.user import name_of_uid

TEST_WITHIN_S = 15


async def prepare(
    children: Children, make: Callable[[], Plan], running: Plan, environ: Mapping[str, str], mode: str
) -> tuple[Plan, PlanChange]:
    """Make a new plan and test its parts. Return the plan and what it changes; what runs is not touched.

    Raise EnufError when the settings or the app are bad, the change is impossible, or the front refuses its
    new files.
    """
    making = begin_plan(make)
    maker = children.adopt(making.pid)
    new = await finished_plan(children, maker, making.pipe, running.wait_s * 2 + TEST_WITHIN_S)
    change = diff(running, new)
    if change.impossible:
        raise NotReady(
            "this change cannot be made while the stack runs: " + "; ".join(change.impossible),
            "`enuf restart` applies it, and drops the requests of that moment",
            slug="reload-needs-restart",
        )
    if mode == "in_place" and change.settings:
        raise NotReady(
            "--workers takes new code only, and the settings of the app server have changed too",
            "use `enuf reload` without --workers",
            slug="reload-not-frugal",
        )
    if change.front:
        _refuse_without_home(running)
        await test_front(children, new, environ)
    return new, change


def _refuse_without_home(running: Plan) -> None:
    """Raise NotReady when the front's new files have no folder, as in a release of root's: the front must not keep the old ones."""
    if Path(running.paths.conf).is_dir():
        return
    name, folder = name_of_uid(os.geteuid()), os.path.realpath(running.paths.home)
    raise NotReady(
        f"{folder} is not there, and {name} may not make it",
        f"{with_sudo(('reload', '--project', running.paths.project))} makes it; or: sudo install -d -o {name} {shlex.quote(folder)}",
    )


async def test_front(children: Children, plan: Plan, environ: Mapping[str, str]) -> None:
    """Let the front test its new files. Raise NotReady with its output when it refuses them."""
    if plan.front is None or plan.front.process.test is None:
        return
    folder = Path(plan.paths.runtime) / "next"
    folder.mkdir(mode=0o700, exist_ok=True)
    tested = replace(
        plan.front.process, argv=(*plan.front.process.test.argv, f"{folder}/{plan.front.process.config}")
    )
    made = startable(tested, plan.files_of("front"), plan.paths)
    write_texts(made.files, folder)
    process = made.process
    log = folder / "test.log"
    files.remove(log)
    spec = replace(process, log=str(log))
    child = children.start(spec, process_environment(spec, environ, ()), key="test")
    try:
        if not await child.exit_within(TEST_WITHIN_S) or child.exited.result() != 0:
            raise NotReady(
                f"{process.name} refuses its new configuration",
                "see [raw] in your settings",
                detail=files.tail(log),
            )
    finally:
        await kill(child)
        files.remove(folder)


async def refresh_front(
    child: Child | None, running: Plan, new: Plan, write: Callable[[Plan], None]
) -> EnufError | None:
    """Let the front take the new plan's files, which `write` puts in place.

    Return None when it works by them; else put the old files back and return why.
    """
    if new.front is None:
        return None
    write(new)
    order = new.front.process.refresh
    if child is None or order is None:
        return None  # it is being started again anyway, and then reads the new files
    send_order(order, child)
    digest = next((file.digest for file in new.files_of("front") if file.digest), "")
    patient = replace(new.front, process=replace(new.front.process, ready_within_s=order.wait_s))
    problem = (
        await until_ready(patient, child, digest)
        if isinstance(new.front.process.readiness, ReadyDigest)
        else ""
    )
    if not problem:
        return None
    write(running)
    send_order(order, child)
    return NotReady(
        f"{new.front.process.name} did not take its new configuration: {problem}",
        detail=files.tail(Path(new.front.process.log), 2000),
    )
