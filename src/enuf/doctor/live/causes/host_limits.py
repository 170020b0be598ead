"""A machine or a process at its limit: open files, connections, space on the disk."""

from __future__ import annotations

import re
from collections.abc import Iterator

from enuf.doctor.live.case import LiveCase
from enuf.doctor.live.cause import Cause, LiveProof
from enuf.doctor.live.evidence import LiveProcess
from enuf.doctor.live.evidence_lines import log_line, observed, process_line, said_line
from enuf.doctor.live.front_said import seen_here, severity_of

_TOO_MANY_FILES, _NO_SPACE, _NO_QUOTA = 24, 28, 122
_FILES_SAID = re.compile(r"(?:\[Errno 24\]|Too many open files|No file descriptors available)")
_SPACE_SAID = re.compile(r"(?:\[Errno (?:28|122)\]|No space left on device|Disk quota exceeded)")
_QUOTED = re.compile(r'"(?P<path>/[^"]{1,4000})"')
_NEARLY = 0.97


def _of_descriptors(case: LiveCase) -> Iterator[LiveProof]:
    seen = seen_here(
        case,
        lambda error: error.errno == _TOO_MANY_FILES or "worker_connections are not enough" in error.text,
    )
    match = case.said.find(_FILES_SAID) if case.is_said_by_server and seen is None else None
    full = next((each for each in _processes(case) if _is_full(each)), None)
    if seen is None and full is None and not (match and case.fails):
        return
    evidence = (
        *((log_line(seen),) if seen else ()),
        *((said_line(match.string),) if match else ()),
        *(
            (observed(f"{process_line(full)}: {full.descriptors} of {full.descriptors_limit} files open"),)
            if full
            else ()
        ),
    )
    is_connections = seen is not None and seen.error.errno != _TOO_MANY_FILES
    if is_connections:
        message = "nginx used all of its worker_connections: further visitors are not answered"
        hint = "worker_connections 4096; in events, with worker_rlimit_nofile 16384; a visitor behind a pass takes two of them"
    else:
        who = full.program if full else "nginx" if seen else "the app server"
        message = f"{who} may not open more files (errno 24): connections are files, so new ones fail"
        hint = "worker_rlimit_nofile 16384; in nginx.conf, or LimitNOFILE=16384 in the unit; if the number only grows, look for a leak: ls -l /proc/PID/fd"
    yield LiveProof(
        message=message, hint=hint, evidence=evidence, severity="error" if case.fails else severity_of(seen)
    )


def _processes(case: LiveCase) -> tuple[LiveProcess, ...]:
    front = case.evidence.front
    server = (case.server,) if case.server else ()
    return (*front.workers, *server, *case.server_workers)


def _is_full(process: LiveProcess) -> bool:
    used, most = process.descriptors, process.descriptors_limit
    return bool(used and most and most > 0 and used >= most * _NEARLY)


def _of_disk(case: LiveCase) -> Iterator[LiveProof]:
    seen = seen_here(case, lambda error: error.errno in (_NO_SPACE, _NO_QUOTA))
    match = case.said.find(_SPACE_SAID) if case.is_said_by_server else None
    folders = case.evidence.host.full_disks
    if seen is None and not (match and (case.fails or folders)) and not (folders and case.fails):
        return
    named = _QUOTED.search(seen.error.text) if seen else None
    where = named["path"].rpartition("/")[0] if named else next(iter(folders), "")
    yield LiveProof(
        message=f"the disk of {where or '/'} is full (errno 28): logs, uploads and answers that do not fit into memory are lost",
        hint=f"df -h {where or '/'} and df -i {where or '/'} show it, du -xh {where or '/'} | sort -h | tail what fills it",
        evidence=(
            *((log_line(seen),) if seen else ()),
            *((said_line(match.string),) if match else ()),
            *(f"statvfs: no space left in {folder}" for folder in folders),
        ),
        severity="error" if case.fails else severity_of(seen),
    )


CAUSES = (
    Cause(code="R021", name="descriptors-exhausted", severity="error", order=430, prove=_of_descriptors),
    Cause(code="R022", name="disk-full", severity="error", order=440, prove=_of_disk),
)
