"""The start and the end of one process beside the app."""

from __future__ import annotations

import asyncio
import errno
import shlex
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from enuf.model.beside import BesideSpec
from enuf.model.journal import JournalEvent
from enuf.model.plan import Plan
from enuf.model.process import Errand
from enuf.run.beside.output import StampedOutput
from enuf.run.process.children import Child, Children
from enuf.run.process.environment import command_environment, program_of
from enuf.run.process.stopping import continue_suspended, end_all_of, kill
from enuf.run.running import RunningStack
from enuf.run.tasks import Run
from enuf.system.journal import EventJournal


class Launched:
    """A process beside the app that was started."""

    def __init__(self, child: Child, output: StampedOutput, stop_within_s: float) -> None:
        self.child = child
        self.output = output
        self.started_at = time.time()
        self._began_s = asyncio.get_running_loop().time()
        self.is_stopping = False
        self._stop_within_s = stop_within_s
        self._kill_at_s = 0.0

    @property
    def lasted_s(self) -> float:
        """The seconds since the start; a wall clock that is set changes nothing about them."""
        return asyncio.get_running_loop().time() - self._began_s

    def begin_stop(self) -> None:
        """Send TERM, once, to the main process: it may finish what it has in hand."""
        if not self.is_stopping:
            self.is_stopping = True
            self._kill_at_s = asyncio.get_running_loop().time() + self._stop_within_s
            self.child.signal("TERM")
            continue_suspended(self.child)

    async def stop(self) -> None:
        """Send TERM, and KILL when the time for the stop is over. Return when no process of the session is left."""
        self.begin_stop()
        await self.child.exit_within(max(0.0, self._kill_at_s - asyncio.get_running_loop().time()))
        await kill(self.child)

    def kill_at_once(self) -> None:
        """Kill the main process: the time for its stop is over."""
        self.begin_stop()
        self.child.signal("KILL")


class Launcher:
    """Starts commands of the plan in force, each with its log, and ends what they leave behind."""

    def __init__(
        self,
        running: RunningStack,
        children: Children,
        environ: Mapping[str, str],
        *,
        run: Run,
        journal: EventJournal,
        changed: Callable[[], None],
    ) -> None:
        """Call `changed` whenever a process was started."""
        self._running = running
        self._children = children
        self._environ = environ
        self._journal = journal
        self._changed = changed
        self.run = run

    @property
    def plan(self) -> Plan:
        """The plan in force."""
        return self._running.plan

    def record(self, event: JournalEvent) -> None:
        """Record an event in the journal."""
        self._journal.record(event)

    def launch(self, spec: BesideSpec, *, layer: str) -> Launched:
        """Start the command in the folder and with the environment of the app. Raise OSError."""
        plan, beside = self.plan, self.plan.beside
        assert beside is not None
        environment = command_environment(beside, self._environ, plan.env_files)
        environment.setdefault("PYTHONUNBUFFERED", "1")  # else Python keeps back what it prints into a pipe
        environment.update(spec.environment)
        words = shlex.split(spec.command)
        program = program_of(words[0], beside.directory, environment["PATH"])
        if program is None:
            raise OSError(errno.ENOENT, f"there is no program {words[0]} in {beside.programs} or on PATH")
        output = StampedOutput(Path(spec.log), layer, json=beside.json_logs)
        errand = Errand(argv=(program, *words[1:]), directory=beside.directory, log=spec.log)
        try:
            child = self._children.start(errand, environment, key=spec.name, output=output.write_end)
        except BaseException:
            output.close()
            raise
        output.started()
        launched = Launched(child, output, spec.stop_within_s)
        self._changed()
        return launched

    async def clear(self, launched: Launched) -> None:
        """End what a process has left behind, and write the last lines of its output."""
        await end_all_of(launched.child, self._children)
        launched.output.close()
