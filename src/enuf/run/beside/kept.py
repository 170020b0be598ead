"""A process that is kept running: started again whenever it ends, after pauses that grow."""

from __future__ import annotations

import asyncio
import contextlib
import time

from enuf.model.beside import SideProcess
from enuf.model.beside_events import SideProcessEnded, SideProcessStarted
from enuf.model.status import A_SHORT_RUN_S, SideProcessStatus
from enuf.run.beside.launch import Launched, Launcher
from enuf.run.machine.stack import BACK_OFF_S
from enuf.system.process import describe_exit


class KeptProcess:
    """One process beside the app, or one copy of it."""

    def __init__(self, name: str, launcher: Launcher) -> None:
        self.name = name
        self._launcher = launcher
        self._wake = asyncio.Event()
        self._is_over = False
        self._failures = 0
        """Ends in a row that nobody asked for, each soon after its start."""
        self._restarts = 0
        self._last_end = ""
        self._again_at: float | None = None
        self.running: Launched | None = None

    async def keep(self) -> None:
        """Run the process as the newest plan has it, until it is no longer wanted."""
        while (spec := self._spec()) is not None:
            is_asked = await self._run_once(spec)
            if self._spec() is None:
                return
            self._restarts += 1
            if not is_asked:
                await self._pause()

    def renew(self) -> None:
        """Let the process end, and start it anew with the plan that is in force then."""
        self._failures = 0
        self._wake.set()
        if self.running:
            self._launcher.run(self.running.stop())

    def finish(self) -> None:
        """Let the process end and do not start it again."""
        self._is_over = True
        self.renew()

    def _spec(self) -> SideProcess | None:
        if self._is_over:
            return None
        beside = self._launcher.plan.beside
        return next((each for each in beside.processes if each.name == self.name), None) if beside else None

    async def _run_once(self, spec: SideProcess) -> bool:
        """Run the process to its end. Return True if its end was asked for."""
        self._wake.clear()
        try:
            self.running = launched = self._launcher.launch(spec, layer=spec.group)
        except OSError as error:
            self._end(f"cannot be started: {error.strerror}", lasted_s=0.0, pid=0, expected=False)
            return False
        self._launcher.record(SideProcessStarted(self.name, launched.child.pid))
        status = await launched.child.end()
        self._end(describe_exit(status), launched.lasted_s, launched.child.pid, expected=launched.is_stopping)
        await self._launcher.clear(launched)
        self.running = None
        return launched.is_stopping

    def _end(self, how: str, lasted_s: float, pid: int, *, expected: bool) -> None:
        self._last_end = how
        if not expected:
            self._failures = 1 if lasted_s >= A_SHORT_RUN_S else self._failures + 1
        pause_s = 0.0 if expected else self._pause_s
        self._launcher.record(SideProcessEnded(self.name, pid, how, expected=expected, again_in_s=pause_s))

    @property
    def _pause_s(self) -> float:
        return BACK_OFF_S[min(self._failures, len(BACK_OFF_S) - 1)]

    async def _pause(self) -> None:
        self._again_at = time.time() + self._pause_s
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._wake.wait(), self._pause_s)
        self._again_at = None

    def status(self) -> SideProcessStatus:
        """Return the process for `enuf status`."""
        running = self.running
        runs_well = running is not None and running.lasted_s >= A_SHORT_RUN_S
        is_stopping = running is not None and running.is_stopping
        return SideProcessStatus(
            name=self.name,
            state="stopping" if is_stopping else "running" if running else "waiting",
            pid=running.child.pid if running else None,
            since=running.started_at if running else None,
            restarts=self._restarts,
            failures=0 if runs_well else self._failures,
            last_end=self._last_end,
            again_at=self._again_at,
        )
