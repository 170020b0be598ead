"""The plain files of the toy app as they are on a machine that never changes: examples/toy holds them."""

from __future__ import annotations

from pathlib import Path

from msgspec.structs import replace

from enuf.discover.app import find_app
from enuf.model.app import AppReport
from enuf.model.paths import StackPaths
from enuf.plan.build import build
from enuf.plan.request import PlanRequest
from enuf.plan.topologies import TOPOLOGIES
from enuf.render.plain import plain_files
from enuf.settings.load import survey
from tests.support.parts import toolchain

TOY = Path(__file__).parents[2] / "examples" / "toy"
PROJECT = "/srv/toy"
VENV = f"{PROJECT}/.venv"
USER = "www-data"


def plain_toy() -> dict[str, str]:
    """The plain files by their names, for a project in /srv/toy with a virtualenv in it, to be started by root."""
    settings = survey(TOY, flags={}, environ={}, topologies=tuple(TOPOLOGIES)).accepted().settings
    found = find_app(TOY, None, {})
    app = replace(found, directory=PROJECT, file=f"{PROJECT}/{Path(found.file or '').name}")
    tools = toolchain(user=USER)
    python = replace(tools.python, executable=f"{VENV}/bin/python", prefix=VENV)
    plan = build(
        PlanRequest(
            report=AppReport(app=app, is_flask=True, python_version=python.version),
            settings=settings,
            toolchain=replace(tools, python=python),
            paths=StackPaths(project=PROJECT, home=PROJECT, runtime=f"{PROJECT}/run"),
        )
    )
    return {file.name: file.text for file in plain_files(plan, settings, USER)}
