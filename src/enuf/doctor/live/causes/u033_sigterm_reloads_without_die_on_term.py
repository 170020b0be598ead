"""A stop that uWSGI took for a reload."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.live.case import RECENT_S, LiveCase
from enuf.doctor.live.cause import Cause, LiveProof
from enuf.doctor.live.evidence import LiveProcess
from enuf.doctor.live.evidence_lines import log_clock, process_line, said_line
from enuf.doctor.live.server_said import known_pids

_NOW_S = 60.0


def _prove(case: LiveCase) -> Iterator[LiveProof]:
    server, started_at = _server(case), case.said.started_at
    if server is None or started_at is None or case.evidence.host.now - started_at > RECENT_S:
        return
    lines = next((log.lines for log in case.evidence.log("server") if log.path == case.said.path), ())
    before = lines[: len(lines) - len(case.said.lines)][-50:]
    killed = next((line for line in reversed(before) if "...brutally killing workers..." in line), "")
    if not killed or not any("binary reloading uWSGI..." in line for line in before):
        return
    config = next((each.config for each in case.static.servers if each.has_app), None)
    if config is not None and config.is_on("die-on-term"):
        return
    evidence = (said_line(killed), process_line(server))
    found = case.of_code_anywhere("U033")
    is_now = case.fails and case.evidence.host.now - started_at < _NOW_S
    yield LiveProof(
        finding=found,
        message=f"a SIGTERM did not end uWSGI: at {log_clock(started_at)} it killed its workers in their requests and started again",
        hint="die-on-term = true",
        evidence=evidence,
        severity="error" if is_now else "warning",
    )


def _server(case: LiveCase) -> LiveProcess | None:
    """Return the server at the backend, else the uWSGI that the log names."""
    if case.server is not None:
        return case.server if case.server.program == "uwsgi" else None
    started = known_pids(case.said)
    named = (each for each in case.evidence.servers if each.program == "uwsgi" and each.pid in started)
    return next(named, None)


CAUSE = Cause(
    code="U033", name="sigterm-reloads-without-die-on-term", severity="warning", order=119, prove=_prove
)
