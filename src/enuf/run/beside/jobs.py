"""A command that runs at certain times, never twice at once."""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from datetime import tzinfo
from typing import Literal

from enuf.model.beside import ScheduledJob
from enuf.model.beside_events import JobEnded, JobNotRun
from enuf.model.status import JobResult, JobRuns, JobStatus
from enuf.run.beside.launch import Launched, Launcher
from enuf.run.beside.memory import JobMemory
from enuf.run.beside.times import LATE_S, local_zone, next_due, passed
from enuf.system.process import describe_exit

LOOKS_EVERY_S = 20.0
"""The clock of the machine may be set while a command waits for its time."""


class JobClock:
    """The runs of one scheduled command."""

    def __init__(self, name: str, launcher: Launcher, memory: JobMemory) -> None:
        self.name = name
        self._launcher = launcher
        self._memory = memory
        self._zone: tzinfo = local_zone()
        self._wake = asyncio.Event()
        self._is_over = False
        self._runs: dict[str, int] = dict.fromkeys(JobRuns.__struct_fields__, 0)
        self._last_end = ""
        self._last_result: JobResult = ""
        self._last_at: float | None = None
        self._due: float | None = None
        self.running: Launched | None = None

    async def keep(self) -> None:
        """Run the command whenever it is due, as the newest plan has it, until it is no longer wanted."""
        times = ""
        while (job := self._job()) is not None:
            now = time.time()
            if self._due is None or job.times != times:
                times, self._due = job.times, self._first_due(job, now)
            if now < self._due:
                await self._wait(min(self._due - now, LOOKS_EVERY_S))
                continue
            due, self._due = self._due, None
            if now - due > LATE_S:
                self._not_run("missed", job, due, now)
            else:
                await self._run_once(job)
                self._not_run("overlapped", job, next_due(job, due, self._zone), time.time())

    def renew(self) -> None:
        """Look at the newest plan; a command that runs is left alone."""
        self._wake.set()

    def finish(self) -> None:
        """Let a run end, and start no other one."""
        self._is_over = True
        self._wake.set()
        if self.running:
            self._launcher.run(self.running.stop())

    def _job(self) -> ScheduledJob | None:
        if self._is_over:
            return None
        beside = self._launcher.plan.beside
        return next((each for each in beside.jobs if each.name == self.name), None) if beside else None

    def _first_due(self, job: ScheduledJob, now: float) -> float:
        """Return when the command is due, after what the last run of the stack had planned."""
        planned = self._memory.due(self.name, job.times)
        if planned is None:
            due = next_due(job, now, self._zone)
        elif planned > now:
            due = planned if job.every_s else next_due(job, now, self._zone)
        elif now - planned <= LATE_S:
            due = planned
        elif job.every_s:
            due = now  # the interval is over, and there is no certain time to miss
        else:
            self._not_run("missed", job, planned, now)
            due = self._due or next_due(job, now, self._zone)
        self._memory.plan(self.name, job.times, due)
        return due

    def _not_run(
        self, why: Literal["missed", "overlapped"], job: ScheduledJob, due: float, now: float
    ) -> None:
        """Count the times that have passed, and plan the next one."""
        count, self._due = passed(job, due, now, self._zone)
        self._memory.plan(self.name, job.times, self._due)
        if count:
            self._runs[why] += count
            self._launcher.record(JobNotRun(name=self.name, why=why, times=count, due=due))

    async def _wait(self, seconds: float) -> None:
        self._wake.clear()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._wake.wait(), seconds)

    async def _run_once(self, job: ScheduledJob) -> None:
        self._last_at = time.time()
        try:
            self.running = launched = self._launcher.launch(job, layer=job.name)
        except OSError as error:
            self._end("failed", f"cannot be started: {error.strerror}", pid=0, seconds=0.0)
            return
        status = await launched.child.end()
        code = os.waitstatus_to_exitcode(status)
        result: JobResult = "stopped" if launched.is_stopping else "failed" if code else "succeeded"
        self._end(result, describe_exit(status), launched.child.pid, launched.lasted_s)
        await self._launcher.clear(launched)
        self.running = None

    def _end(self, result: JobResult, how: str, pid: int, seconds: float) -> None:
        self._last_result, self._last_end = result, how
        self._runs[result] += 1
        if result == "succeeded":
            self._memory.succeed(self.name, time.time())
        self._launcher.record(
            JobEnded(name=self.name, pid=pid, result=result, how=how, seconds=round(seconds, 3))
        )

    def status(self) -> JobStatus:
        """Return the command for `enuf status`."""
        job = self._job()
        return JobStatus(
            name=self.name,
            times=job.times if job else "",
            pid=self.running.child.pid if self.running else None,
            next_at=self._due,
            last_at=self._last_at,
            last_result=self._last_result,
            last_end=self._last_end,
            last_success_at=self._memory.last_success(self.name),
            runs=JobRuns(**self._runs),
        )
