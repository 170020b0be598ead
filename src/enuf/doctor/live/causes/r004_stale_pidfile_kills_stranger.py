"""A pid file whose number belongs to a process of somebody else by now."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.live.case import LiveCase
from enuf.doctor.live.cause import Cause, LiveProof
from enuf.doctor.live.pid_files import PidFiles


def _prove(case: LiveCase) -> Iterator[LiveProof]:
    found = case.evidence.topic("pid_files", PidFiles)
    for each in found.files if found else ():
        if each.program in ("uwsgi", "gunicorn", ""):
            continue
        yield LiveProof(
            message=f"{each.path} holds {each.pid}, which is no app server: uwsgi --stop {each.path} would signal {each.line[:80]}",
            hint=f"rm {each.path}",
            evidence=(f"/proc/{each.pid}/cmdline: {each.line[:200]}",),
            file=each.path,
        )


CAUSE = Cause(code="R004", name="stale-pidfile-kills-stranger", severity="warning", order=930, prove=_prove)
