"""A worker that was killed from outside: by the kernel for lack of memory, or by a person."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.live.case import LiveCase
from enuf.doctor.live.cause import Cause, LiveProof
from enuf.doctor.live.evidence_lines import log_clock, observed, said_line

_KILL = "SIGKILL"


def _prove(case: LiveCase) -> Iterator[LiveProof]:
    ends = [each for each in case.ends if each.signal == _KILL and not each.is_overdue]
    if not ends:
        return
    server = case.server
    kills = server.oom_kills if server else None
    pids = {str(each.pid) for each in ends}
    kernel = tuple(line for line in case.evidence.host.kernel_lines if any(f" {pid}" in line for pid in pids))
    is_oom = bool(kernel) or bool(kills)
    group = observed(f"memory.events of the control group: oom_kill {kills}")
    last = ends[-1]
    at = f", the last at {log_clock(last.at)}" if last.at else ""
    program = server.program if server else "uwsgi"
    yield LiveProof(
        message=f"the kernel killed a worker of {program} for lack of memory, and its requests got 502 ({len(ends)} in the last ten minutes{at})"
        if is_oom
        else f"a worker of {program} was killed from outside, by the kernel for lack of memory or by kill -9, and its requests got 502 ({len(ends)} in the last ten minutes{at})",
        hint="fewer processes, reload-on-rss, or more memory; sudo dmesg | grep -i oom shows what the kernel killed",
        evidence=(*(said_line(each.line) for each in ends[-3:]), *((group,) if kills else ()), *kernel[-2:]),
        severity="error" if case.fails else "warning",
    )


CAUSE = Cause(code="R003", name="worker-killed-oom", severity="error", order=710, prove=_prove)
