"""The lines of `enuf status` about what runs beside the web app."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from enuf.model.status import JobStatus, SideProcessStatus

Line = Callable[[str, str], list[str]]
"""Makes the rows of a label and its text."""


def beside_lines(processes: Sequence[SideProcessStatus], jobs: Sequence[JobStatus], line: Line) -> list[str]:
    """Return the rows about processes and scheduled commands."""
    return [
        *(row for each in processes for row in line("process", process_text(each))),
        *(row for each in jobs for row in line("job", job_text(each))),
    ]


def process_text(process: SideProcessStatus) -> str:
    """Return `worker running since 09:04:35, pid 77, 2 restarts`."""
    since = f" since {when(process.since)}" if process.since and process.state == "running" else ""
    pid = f", pid {process.pid}" if process.pid else ""
    again = f", next start at {when(process.again_at)}" if process.again_at else ""
    restarts = (
        f", {process.restarts} restart{'' if process.restarts == 1 else 's'}" if process.restarts else ""
    )
    end = f", {process.last_end}" if process.state == "waiting" and process.last_end else ""
    return f"{process.name} {process.state}{since}{pid}{end}{again}{restarts}"


def job_text(job: JobStatus) -> str:
    """Return `nightly (0 3 * * *), next at 2026-11-28 03:00:00, succeeded at 03:00:00`."""
    now = f" runs, pid {job.pid}" if job.pid else f", next at {when(job.next_at)}" if job.next_at else ""
    last = f", {job.last_result} at {when(job.last_at)}" if job.last_at and job.last_result else ""
    end = f" ({job.last_end})" if job.last_result == "failed" else ""
    missed = f", missed {job.runs.missed}" if job.runs.missed else ""
    overlapped = f", overlapped {job.runs.overlapped}" if job.runs.overlapped else ""
    return f"{job.name} ({job.times}){now}{last}{end}{missed}{overlapped}"


def when(at: float) -> str:
    """Format seconds since the epoch as local time; with the day unless that is today."""
    then = time.localtime(at)
    is_today = then[:3] == time.localtime()[:3]
    return time.strftime("%H:%M:%S" if is_today else "%Y-%m-%d %H:%M:%S", then)
