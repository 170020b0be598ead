"""What runs beside an installed site, in the status of its supervisor, which does not run it: systemd does."""

from __future__ import annotations

import time
from pathlib import Path

from msgspec.structs import replace

from enuf.model.paths import StackPaths
from enuf.model.service_state import ServiceState
from enuf.model.status import A_SHORT_RUN_S, JobRuns, JobStatus, SideProcessStatus, StackStatus
from enuf.system.side_runs import SideRuns, read_side_runs
from enuf.system.sites import record_in_force

ASK_EVERY_S = 5.0


class UnitsBeside:
    """What systemd says about the units beside one site, asked at most every few seconds."""

    def __init__(self, paths: StackPaths) -> None:
        """Of a stack of `enuf up` systemd knows nothing, and is not asked."""
        self._site = paths.site
        self._log = Path(paths.log)
        self._service: ServiceState | None = None
        self._next_s = 0.0

    def added_to(self, status: StackStatus) -> StackStatus:
        """Return the status with the units."""
        if self._site and time.monotonic() >= self._next_s:
            from enuf.inspect.service_states import state_of_site  # no other stack needs what asks systemd

            record = record_in_force(self._site)
            has_units = record is not None and bool(record.beside)
            self._service = state_of_site(self._site, record) if has_units else None
            self._next_s = time.monotonic() + ASK_EVERY_S
        return with_units(status, self._service, self._log)


def with_units(status: StackStatus, service: ServiceState | None, log: Path) -> StackStatus:
    """Return the status with what systemd says about the units beside a site, and with what their commands remember.

    `log` is the folder of the site's logs.
    """
    if service is None or not (service.processes or service.jobs):
        return status
    return replace(
        status,
        beside=tuple(_process(each, read_side_runs(log, each.name)) for each in service.processes),
        jobs=tuple(_job(each, read_side_runs(log, each.name)) for each in service.jobs),
    )


def _process(seen: SideProcessStatus, runs: SideRuns) -> SideProcessStatus:
    runs_well = seen.since is not None and time.time() - seen.since >= A_SHORT_RUN_S
    is_over = runs_well or seen.state in ("stopping", "stopped")
    return replace(seen, failures=0 if is_over else runs.failures, last_end=runs.last_end or seen.last_end)


def _job(seen: JobStatus, runs: SideRuns) -> JobStatus:
    counts = JobRuns(
        succeeded=runs.succeeded, failed=runs.failed, stopped=runs.stopped, overlapped=None, missed=None
    )
    return replace(
        seen,
        last_result=seen.last_result or runs.last_result,
        last_end=seen.last_end or runs.last_end,
        last_success_at=max(filter(None, (seen.last_success_at, runs.last_success)), default=None),
        runs=counts,
    )
