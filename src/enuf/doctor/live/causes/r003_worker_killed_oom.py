"""A worker that was killed from outside: by the kernel for lack of memory, or by a person."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.live.case import LiveCase
from enuf.doctor.live.cause import Cause, LiveProof, log_clock, said_line

_KILL = ("9", "SIGKILL")


def _prove(case: LiveCase) -> Iterator[LiveProof]:
    ends = [each for each in case.ends if each.signal in _KILL and not each.is_overdue]
    if not ends:
        return
    server = case.server
    kills = server.oom_kills if server else None
    pids = {str(each.pid) for each in ends}
    kernel = tuple(line for line in case.evidence.host.kernel_lines if any(f" {pid}" in line for pid in pids))
    is_oom = bool(kernel) or bool(kills)
    group = f"memory.events of the control group: oom_kill {kills}"
    last = ends[-1]
    at = f", the last at {log_clock(last.at)}" if last.at else ""
    who = (
        "the kernel, for lack of memory"
        if is_oom
        else "something outside of it: the kernel for lack of memory, or kill -9"
    )
    yield LiveProof(
        message=f"{len(ends)} worker{'s' if len(ends) > 1 else ''} of {server.program if server else 'uwsgi'} "
        f"{'were' if len(ends) > 1 else 'was'} killed by {who}{at}: requests in hand got 502",
        hint="fewer processes, reload-on-rss, or more memory; sudo dmesg | grep -i oom shows what the kernel killed",
        evidence=(*(said_line(each.line) for each in ends[-3:]), *((group,) if kills else ()), *kernel[-2:]),
        severity="error" if case.fails else "warning",
    )


CAUSE = Cause(code="R003", name="worker-killed-oom", severity="error", order=710, prove=_prove)
