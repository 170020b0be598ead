"""A configuration of nginx that is newer than what nginx works by."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.live.case import LiveCase
from enuf.doctor.live.cause import Cause, LiveProof
from enuf.doctor.live.evidence_lines import log_clock
from enuf.doctor.live.file_times import FileTimes

_SLACK_S = 2.0


def _prove(case: LiveCase) -> Iterator[LiveProof]:
    times = case.evidence.topic("file_times", FileTimes)
    workers = case.evidence.front.workers
    if times is None or not workers or case.site is None:
        return
    read_at = max(each.started_at for each in workers)
    newer = {
        path: at for path, at in times.of_nginx.items() if at > read_at + _SLACK_S and path in case.site.files
    }
    if not newer:
        return
    path = max(newer, key=lambda each: newer[each])
    yield LiveProof(
        message=f"{path} was changed at {log_clock(newer[path])}, and nginx has read its configuration at {log_clock(read_at)}: it works "
        "by the older text",
        hint="sudo nginx -t && sudo nginx -s reload",
        evidence=(
            f"nginx's workers started at {log_clock(read_at)}",
            f"mtime of {path}: {log_clock(newer[path])}",
        ),
        file=path,
    )


CAUSE = Cause(code="R012", name="front-not-reloaded", severity="warning", order=220, prove=_prove)
