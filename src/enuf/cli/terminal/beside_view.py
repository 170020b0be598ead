"""The lines of `enuf status` and `enuf sites` about what runs beside the web app."""

from __future__ import annotations

from collections.abc import Sequence

from enuf.cli.terminal.status_rows import labelled
from enuf.language.spoken import SPOKEN
from enuf.model.status import JobStatus, SideProcessStatus
from enuf.observe.live.beside_texts import job_text, process_text


def beside_lines(processes: Sequence[SideProcessStatus], jobs: Sequence[JobStatus]) -> list[str]:
    """Return the rows about processes and scheduled commands."""
    return [
        *(row for each in processes for row in labelled("process", process_text(each, SPOKEN))),
        *(row for each in jobs for row in labelled("job", job_text(each, SPOKEN))),
    ]
