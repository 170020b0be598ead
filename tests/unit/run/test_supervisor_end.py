"""A supervisor ends with everything that it started, whatever fails on the way. Its server here is `sleep`."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

PROGRAM = """
import asyncio, contextlib, json, os, resource, signal, sys
from pathlib import Path
import psutil
from msgspec.structs import replace
from enuf.model.process import ReadyFile
from enuf.run.process.listeners import Listeners
from enuf.run.reload.forked import begin_plan
from enuf.run.state import read_state
from enuf.run.supervisor import Supervisor
from enuf.model.paths import StackPaths
from tests.support.parts import plan

case, folder = sys.argv[1:]
resource.setrlimit(resource.RLIMIT_NOFILE, (100, 4096))
made = plan()
runtime = f"{folder}/{'x' * 120}" if case == "no control socket" else folder
paths = StackPaths(project=folder, home=folder, runtime=runtime)
for each in (paths.runtime, paths.conf, paths.log):
    Path(each).mkdir(parents=True, exist_ok=True)
    Path(each).chmod(0o700)
process = replace(
    made.server.process, argv=("sleep", "1000"), directory="/", log=f"{paths.log}/server.log", lends=(), opens=(), opens_as=(),
    readiness=ReadyFile("/nowhere"), ready_within_s=60,
)
made = replace(made, paths=paths, server=replace(made.server, process=process), front=None, dashboard=None, files=(), env_files=())


class Quiet:
    progress = warning = note = serving = reloaded = failed = lambda self, *words: None


def hang():
    signal.pause()


async def stop_without_descriptors():
    while not ((state := read_state(paths)) and [unit for unit in state.units if unit.key == "g1"]):
        await asyncio.sleep(0.01)
    with contextlib.suppress(OSError):
        while True:
            os.open("/dev/null", os.O_RDONLY)
    os.kill(os.getpid(), signal.SIGTERM)
    os.kill(os.getpid(), signal.SIGINT)


async def main():
    if case == "no descriptors":
        task = asyncio.create_task(stop_without_descriptors())
    making = begin_plan(hang) if case == "no control socket" else None
    supervisor = Supervisor(made, lambda: made, making, listeners=Listeners(), reporter=Quiet(), environ=dict(os.environ))
    try:
        return str(await supervisor.run())
    except OSError as error:
        return type(error).__name__


outcome = asyncio.run(main())
resource.setrlimit(resource.RLIMIT_NOFILE, (1000, 4096))
left = [one.name() for one in psutil.Process().children(recursive=True)]
files = [path for path in paths.of_a_run if os.path.lexists(path)]
print(json.dumps({"outcome": outcome, "processes": left, "files": files}))
"""


def run(case: str, folder: Path) -> dict[str, Any]:
    """Run a supervisor in a process of its own. Return how it ended, and what was left."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, case, str(folder)],
        cwd=Path(__file__).parents[3], capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize(("case", "outcome"), [("no control socket", "OSError"), ("no descriptors", "None")])
def test_an_end_leaves_no_process_and_no_file(case: str, outcome: str, tmp_path: Path) -> None:
    assert run(case, tmp_path) == {"outcome": outcome, "processes": [], "files": []}
