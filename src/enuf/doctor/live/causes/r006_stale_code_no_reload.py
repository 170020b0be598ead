"""Code that is newer than the process that runs it."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.live.case import LiveCase
from enuf.doctor.live.cause import Cause, LiveProof
from enuf.doctor.live.evidence_lines import log_clock
from enuf.doctor.live.file_times import FileTimes

_SLACK_S = 2.0
_SHOWN = 3


def _prove(case: LiveCase) -> Iterator[LiveProof]:
    times, server = case.evidence.topic("file_times", FileTimes), case.server
    if times is None or server is None or not times.of_code:
        return
    loaded_at = _loaded_at(case)
    newer = sorted(
        ((at, path) for path, at in times.of_code.items() if at > loaded_at + _SLACK_S), reverse=True
    )
    if not newer:
        return
    at, path = newer[0]
    unit = (
        f"sudo systemctl reload-or-restart {server.unit}"
        if server.unit
        else f"reload {server.program} (kill -HUP {server.pid})"
    )
    yield LiveProof(
        message=f"{path} was changed at {log_clock(at)}, and {server.program} has loaded the app at {log_clock(loaded_at)}: it serves the "
        "code from before",
        hint=unit,
        evidence=tuple(f"mtime of {each}: {log_clock(when)}" for when, each in newer[:_SHOWN]),
        file=path,
    )


def _loaded_at(case: LiveCase) -> float:
    """Return when the app was loaded: at the start of the process, at its last re-execution, or in its youngest worker."""
    server = case.server
    begun = server.started_at if server else 0.0
    if case.is_said_by_server and case.said.started_at:
        begun = max(begun, case.said.started_at)
    lazy = case.configured.config.is_on("lazy-apps") if case.configured else None
    if server and (server.program == "gunicorn" or lazy is not False):
        begun = max([begun, *(each.started_at for each in case.server_workers)])
    return begun


CAUSE = Cause(code="R006", name="stale-code-no-reload", severity="advice", order=920, prove=_prove)
