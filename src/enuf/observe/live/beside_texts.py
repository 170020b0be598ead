"""Processes and scheduled commands beside the web app, on one line each."""

from __future__ import annotations

from enuf.model.status import JobStatus, SideProcessStatus
from enuf.model.words import Words
from enuf.system.moments import moment_text


def process_text(process: SideProcessStatus, words: Words) -> str:
    """Return `worker running, since 09:04:35, pid 77, started again once (exited with status 1)`."""
    parts = [f"{process.name} {words.label(process.state)}"]
    if process.since:
        parts.append(words.sentence(f"since {moment_text(process.since)}"))
    if process.pid:
        parts.append(f"pid {process.pid}")
    if process.state in ("waiting", "stopped") and process.last_end:
        parts.append(words.sentence(process.last_end))
    if process.again_at:
        parts.append(words.sentence(f"next start at {moment_text(process.again_at)}"))
    if process.restarts:
        how = process.last_end if process.state == "running" else ""
        ended = f" ({words.sentence(how)})" if how else ""
        parts.append(words.sentence(_restarts(process.restarts)) + ended)
    return ", ".join(parts)


def _restarts(count: int) -> str:
    return f"started again {count} times" if count > 1 else "started again once"


def job_text(job: JobStatus, words: Words) -> str:
    """Return `nightly (0 3 * * *), next at 2026-11-28 03:00:00, last run at 03:00:00 succeeded`."""
    parts = [f"{job.name} ({words.sentence(job.times)})" if job.times else job.name]
    if job.pid:
        parts.append(f"pid {job.pid}")
    elif job.next_at:
        parts.append(words.sentence(f"next at {moment_text(job.next_at)}"))
    if job.last_at and job.last_result:
        last = words.sentence(f"last run at {moment_text(job.last_at)}")
        parts.append(f"{last} {words.label(job.last_result)}")
    if job.last_result == "failed":
        parts.append(words.sentence(job.last_end))
    if job.runs.missed:
        parts.append(words.sentence(f"{job.runs.missed} missed"))
    if job.runs.overlapped:
        left_out = f"{job.runs.overlapped} left out, because the run before had not ended"
        parts.append(words.sentence(left_out))
    return ", ".join(parts)
