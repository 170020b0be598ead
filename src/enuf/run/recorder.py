"""The record of the stack's processes on the disk."""

from __future__ import annotations

from pathlib import Path

from enuf.run.beside.group import BesideTheApp
from enuf.run.care.dashboard import DashboardProcess
from enuf.run.notices import Notices
from enuf.run.process.units import Units
from enuf.run.running import RunningStack
from enuf.run.state import Recorded, State, state_of_this_run, write_state


class StateRecorder:
    """The writer of `state.json`, by which a later command ends what a killed supervisor leaves."""

    def __init__(
        self,
        running: RunningStack,
        units: Units,
        dashboard: DashboardProcess,
        beside: BesideTheApp,
        notices: Notices,
    ) -> None:
        self._running = running
        self._units = units
        self._dashboard = dashboard
        self._beside = beside
        self._notices = notices
        self._recorded: State | None = None
        self.problem = ""
        """Why the state could not be recorded the last time; empty when it could."""

    def record(self) -> None:
        """Write the state unless the file holds it already. Never raise; a failure is in `problem`."""
        plan, state = self._running.plan, self._state()
        if state == self._recorded and Path(plan.paths.state).is_file():
            return
        self.problem = write_state(plan.paths, state)
        if self.problem:
            self._notices.record_once(self.problem)
        else:
            self._recorded = state

    def _state(self) -> State:
        known = {**self._units.running, **self._beside.children()}
        if self._dashboard.child:
            known["dashboard"] = self._dashboard.child
        plan = self._running.plan
        return state_of_this_run(
            units=tuple(
                Recorded(key, child.pid, child.mark, child.holds)
                for key, child in known.items()
                if child.is_running
            ),
            stops_within_s=max(self._running.stack.stop_within_s, self._beside.stops_within_s),
            url=plan.url,
            topology=plan.topology.id,
            generation=self._running.generation,
        )
