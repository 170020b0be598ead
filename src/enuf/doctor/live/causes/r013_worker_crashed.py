"""A worker that crashed in native code: a signal such as SIGSEGV."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.live.case import LiveCase
from enuf.doctor.live.cause import Cause, LiveProof
from enuf.doctor.live.causes.start_failed import is_down
from enuf.doctor.live.evidence_lines import log_clock, said_line
from enuf.doctor.live.server_said import faults

_KILL = ("SIGKILL", "SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT")


def _without_master(case: LiveCase) -> Iterator[LiveProof]:
    """Report a crash after which no master was there to start the worker again."""
    if not is_down(case) or case.server is not None:
        return
    crashes = list(faults(case.said))
    if not crashes or case.said.has("DAMN ! worker"):
        return
    name, _, line = crashes[-1]
    yield LiveProof(
        message=f"uWSGI crashed ({name}) and has no master that would have started it again: 502 until somebody does",
        hint="master = true; then find the extension module that crashes: its name is in the C stack in the log",
        evidence=(said_line(line),),
    )


def _with_master(case: LiveCase) -> Iterator[LiveProof]:
    ends = [each for each in case.ends if each.signal not in _KILL and not each.is_overdue]
    if not ends:
        return
    last = ends[-1]
    at = f", the last at {log_clock(last.at)}" if last.at else ""
    crashed = {pid: name for name, pid, _ in faults(case.said)}
    signal = last.signal or crashed.get(last.pid, "")
    if not signal:
        yield LiveProof(
            message=f"a worker ended by itself in a request, and its requests got 502 ({len(ends)} in the last ten minutes{at})",
            hint="look for os._exit() and for C code that calls exit() in what the request runs: an app must not end its process",
            evidence=tuple(said_line(each.line) for each in ends[-3:]),
            severity="error" if case.fails else "warning",
        )
        return
    yield LiveProof(
        message=f"a worker crashed with {signal}, and its requests got 502 ({len(ends)} in the last ten minutes{at})",
        hint="find the extension module that crashes: its name is in the C stack in the log, or set PYTHONFAULTHANDLER=1 for a Python traceback",
        evidence=tuple(said_line(each.line) for each in ends[-3:]),
        severity="error" if case.fails else "warning",
    )


CAUSES = (
    Cause(code="U007", name="worker-segfault-no-master", severity="error", order=101, prove=_without_master),
    Cause(code="R013", name="worker-crashed", severity="error", order=715, prove=_with_master),
)
