"""A log that was renamed or removed, and that a process goes on writing to."""

from __future__ import annotations

import re
from collections.abc import Iterator

from enuf.doctor.live.case import LiveCase
from enuf.doctor.live.cause import Cause, LiveProof
from enuf.doctor.live.evidence import LiveProcess
from enuf.doctor.live.evidence_lines import observed, process_line

_ROTATED = re.compile(r"(?P<log>/.{1,4000}\.(?:log|err|out))(?:[.-]\d{1,14}|\.old)")


def _prove(case: LiveCase) -> Iterator[LiveProof]:
    front, server = case.evidence.front.main, case.server
    for process in filter(None, (server, front)):
        found = next(_written(process), None)
        if found is None:
            continue
        path, log = found
        yield LiveProof(
            message=_message(process, path, log),
            hint="copytruncate in logrotate, or touch-logreopen in the ini with a touch in postrotate"
            if process.program == "uwsgi"
            else f"kill -USR1 {process.pid} reopens the logs; the postrotate of logrotate must send that signal",
            evidence=(observed(f"/proc/{process.pid}/fd: {path}"), process_line(process)),
            file=_named(case, log),
        )
        return


def _written(process: LiveProcess) -> Iterator[tuple[str, str]]:
    """Yield what the process writes to, and the log that this file was once."""
    for path in process.logs:
        if match := _ROTATED.fullmatch(path):
            yield path, match["log"]
    for path in process.deleted_files:
        if path.endswith((".log", ".err", ".out")):
            yield path, path
        elif match := _ROTATED.fullmatch(path):
            yield path, match["log"]


def _message(process: LiveProcess, path: str, log: str) -> str:
    if path == log:
        return f"{process.program} writes to {path}, which was deleted: nobody can read what it writes, and the disk space is not freed"
    return f"{process.program} writes to {path}, which was renamed: the log {log} stays empty, and the disk space of the old one is not freed"


def _named(case: LiveCase, log: str) -> str:
    """Return the configuration that names the log, else the log."""
    server = case.configured
    names = server is not None and any(option.value.strip() == log for option in server.config.options)
    return server.config.main_file if server is not None and names else log


CAUSE = Cause(code="S016", name="logrotate-without-reopen", severity="warning", order=910, prove=_prove)
