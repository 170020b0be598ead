"""Code that is newer than the process that runs it."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.live.case import LiveCase
from enuf.doctor.live.cause import Cause, LiveProof
from enuf.doctor.live.evidence import LiveProcess
from enuf.doctor.live.evidence_lines import log_clock
from enuf.doctor.live.file_times import FileTimes

_SLACK_S = 2.0
_SHOWN = 3


def _prove(case: LiveCase) -> Iterator[LiveProof]:
    times, server = case.evidence.topic("file_times", FileTimes), case.server
    if times is None or server is None:
        return
    yield from _of_other_release(times, server)
    if not times.of_code:
        return
    loaded_at = _loaded_at(case)
    newer = sorted(
        ((at, path) for path, at in times.of_code.items() if at > loaded_at + _SLACK_S), reverse=True
    )
    if not newer:
        return
    at, path = newer[0]
    yield LiveProof(
        message=f"{path} was changed at {log_clock(at)}, and {server.program} has loaded the app at {log_clock(loaded_at)}: it serves the "
        "code from before",
        hint=_reload(server),
        evidence=tuple(f"mtime of {each}: {log_clock(when)}" for when, each in newer[:_SHOWN]),
        file=path,
    )


def _of_other_release(times: FileTimes, server: LiveProcess) -> Iterator[LiveProof]:
    now = times.moved.get(server.directory)
    if now:
        yield LiveProof(
            message=f"{server.program} works in {server.directory}, and the link by which it was started leads to {now} now: it serves the release from before",
            hint=_restart(server),
            evidence=(
                f"/proc/{server.pid}/cwd: {server.directory}",
                f"{server.started_in} leads to {now}",
            ),
            file=now,
            severity="warning",
        )


def _reload(server: LiveProcess) -> str:
    if server.unit:
        return f"sudo systemctl reload-or-restart {server.unit}"
    return f"reload {server.program} (kill -HUP {server.pid})"


def _restart(server: LiveProcess) -> str:
    """Return the command for a new start: a reload goes on in the old folder."""
    if server.unit:
        return f"sudo systemctl restart {server.unit}"
    return f"end {server.program} (kill {server.pid}) and start it again"


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
