"""A worker that uWSGI ended because its request took longer than `harakiri`."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from enuf.doctor.live.case import LiveCase
from enuf.doctor.live.cause import Cause, LiveProof
from enuf.doctor.live.evidence_lines import log_clock, said_line


def _prove(code: str, case: LiveCase) -> Iterator[LiveProof]:
    program = case.server.program if case.server else "uwsgi"
    ends = [each for each in case.ends if each.is_overdue]
    if not ends or (program == "gunicorn") != (code == "G003"):
        return
    last = ends[-1]
    request = f" at {last.request}" if last.request else ""
    at = f", the last at {log_clock(last.at)}" if last.at else ""
    setting = "--timeout" if program == "gunicorn" else "harakiri"
    yield LiveProof(
        message=f"{program} ended a worker whose request took longer than {setting}{request}, and the visitor got 502 ({len(ends)} in "
        f"the last ten minutes{at})",
        hint=f"make the request faster, or raise {setting} and keep it a few seconds below nginx's read timeout",
        evidence=tuple(said_line(each.line) for each in ends[-3:]),
        severity="error" if case.fails else "warning",
    )


CAUSES = (
    Cause(code="U004", name="harakiri-502", severity="error", order=700, prove=partial(_prove, "U004")),
    Cause(
        code="G003",
        name="worker-killed-before-nginx-gives-up",
        severity="error",
        order=701,
        prove=partial(_prove, "G003"),
    ),
)
