"""The lines of `enuf status` about what runs beside the web app."""

from __future__ import annotations

from collections.abc import Sequence

from enuf.cli.terminal.status_rows import labelled
from enuf.language.spoken import translated, translated_label
from enuf.model.status import JobStatus, SideProcessStatus
from enuf.system.moments import moment_text


def beside_lines(processes: Sequence[SideProcessStatus], jobs: Sequence[JobStatus]) -> list[str]:
    """Return the rows about processes and scheduled commands."""
    return [
        *(row for each in processes for row in labelled("process", process_text(each))),
        *(row for each in jobs for row in labelled("job", job_text(each))),
    ]


def process_text(process: SideProcessStatus) -> str:
    """Return `worker running, since 09:04:35, pid 77, 2 restarts`."""
    parts = [f"{process.name} {translated_label(process.state)}"]
    if process.since:
        parts.append(translated(f"since {moment_text(process.since)}"))
    if process.pid:
        parts.append(f"pid {process.pid}")
    if process.state == "waiting" and process.last_end:
        parts.append(translated(process.last_end))
    if process.again_at:
        parts.append(translated(f"next start at {moment_text(process.again_at)}"))
    if process.restarts:
        parts.append(translated(_restarts(process.restarts)))
    return ", ".join(parts)


def _restarts(count: int) -> str:
    return f"started again {count} times" if count > 1 else "started again once"


def job_text(job: JobStatus) -> str:
    """Return `nightly (0 3 * * *), next at 2026-11-28 03:00:00, succeeded at 03:00:00`."""
    parts = [f"{job.name} ({translated(job.times)})"]
    if job.pid:
        parts.append(f"pid {job.pid}")
    elif job.next_at:
        parts.append(translated(f"next at {moment_text(job.next_at)}"))
    if job.last_at and job.last_result:
        parts.append(
            translated(f"last run at {moment_text(job.last_at)}") + f" {translated_label(job.last_result)}"
        )
    if job.last_result == "failed":
        parts.append(translated(job.last_end))
    if job.runs.missed:
        parts.append(translated(f"{job.runs.missed} missed"))
    if job.runs.overlapped:
        parts.append(translated(f"{job.runs.overlapped} left out, because the run before had not ended"))
    return ", ".join(parts)
