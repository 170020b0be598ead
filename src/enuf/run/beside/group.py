"""All that runs beside the web app, outside of the machine: none of it may change what happens to the servers."""

from __future__ import annotations

import asyncio
import time
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from enuf.model.plan import Plan
from enuf.model.stack_events import BugFound, WarningGiven
from enuf.model.status import JobStatus, SideProcessStatus
from enuf.plan.diff import diff
from enuf.run.beside.jobs import JobClock
from enuf.run.beside.kept import KeptProcess
from enuf.run.beside.launch import Launched, Launcher
from enuf.run.beside.memory import JobMemory
from enuf.run.process.children import Child
from enuf.system import files


class BesideTheApp:
    """The processes and the scheduled commands of a stack."""

    def __init__(self, launcher: Launcher) -> None:
        self._launcher = launcher
        self._memory = JobMemory(Path(launcher.plan.paths.jobs))
        self._processes: dict[str, KeptProcess] = {}
        self._jobs: dict[str, JobClock] = {}
        self._is_started = False
        self._is_stopping = False

    def start(self) -> None:
        """Start what the plan wants, once the app serves. An installed site has services of the host instead."""
        if not self._is_started and not self._is_stopping:
            self._is_started = True
            self._start_wanted(self._launcher.plan)

    def follow(self, before: Plan) -> None:
        """Take up the plan that has replaced `before`: new code first serves, then the processes are started anew."""
        if not self._is_started or self._is_stopping:
            return
        change = diff(before, self._launcher.plan)
        if change.app or not change.front:
            self._renew(self._launcher.plan)
        for job in self._jobs.values():
            job.renew()
        self._start_wanted(self._launcher.plan)

    def _renew(self, plan: Plan) -> None:
        for process in self._processes.values():
            process.renew()
        if plan.site is not None and plan.beside is not None:
            try:  # a path unit of systemd sees the file, and restarts the services
                files.write_whole(Path(plan.paths.renewed), f"{time.time()}\n", 0o600, durable=False)
            except OSError as error:
                self._launcher.record(
                    WarningGiven(
                        f"cannot write {plan.paths.renewed}: {error.strerror}; restart the processes by hand"
                    )
                )

    def _start_wanted(self, plan: Plan) -> None:
        if plan.beside is None or plan.site is not None:
            return
        for process in plan.beside.processes:
            if process.name not in self._processes:
                self._processes[process.name] = kept = KeptProcess(process.name, self._launcher)
                self._launcher.run(self._keep(self._processes, process.name, kept))
        for job in plan.beside.jobs:
            if job.name not in self._jobs:
                self._jobs[job.name] = clock = JobClock(job.name, self._launcher, self._memory)
                self._launcher.run(self._keep(self._jobs, job.name, clock))

    async def _keep(self, table: dict[str, Any], name: str, owner: KeptProcess | JobClock) -> None:
        """Keep a process or a command until it is no longer wanted. Record an exception that nobody expects."""
        try:
            await owner.keep()
        except Exception:  # the servers must not suffer from it
            self._launcher.record(BugFound(traceback.format_exc()))
        else:
            table.pop(name)

    # -- the end

    @property
    def stops_within_s(self) -> float:
        """The longest time that the processes may take to stop."""
        beside = self._launcher.plan.beside
        return beside.stops_within_s if beside and self._owners() else 0.0

    def begin_stop(self) -> None:
        """Send TERM to all processes, and start none any more."""
        self._is_stopping = True
        for each in self._owners():
            each.finish()

    def kill(self) -> None:
        """Kill all processes."""
        self.begin_stop()
        for launched in self._launched():
            launched.kill_at_once()

    async def stop(self) -> None:
        """Stop all processes and wait until none is left. Their time counts from `begin_stop`."""
        self.begin_stop()
        running = tuple(self._launched())
        await asyncio.gather(*(launched.stop() for launched in running))
        for launched in running:
            await self._launcher.clear(launched)

    def _launched(self) -> Iterator[Launched]:
        return (each.running for each in self._owners() if each.running)

    def _owners(self) -> list[KeptProcess | JobClock]:
        return [*self._processes.values(), *self._jobs.values()]

    # -- what others see

    def children(self) -> dict[str, Child]:
        """Return the running processes by their names."""
        return {each.name: each.running.child for each in self._owners() if each.running}

    def processes(self) -> tuple[SideProcessStatus, ...]:
        """Return the processes for `enuf status`."""
        return tuple(each.status() for each in self._processes.values())

    def jobs(self) -> tuple[JobStatus, ...]:
        """Return the scheduled commands for `enuf status`."""
        return tuple(each.status() for each in self._jobs.values())
