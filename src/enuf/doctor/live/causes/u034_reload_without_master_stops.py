"""A reload that ended a uWSGI without a master."""

from __future__ import annotations

import re
from collections.abc import Iterator

from enuf.doctor.live.case import LiveCase
from enuf.doctor.live.cause import Cause, LiveProof
from enuf.doctor.live.causes.start_failed import is_down
from enuf.doctor.live.evidence_lines import said_line

_KILLS = re.compile(r"Gracefully killing worker \d+")


def _prove(case: LiveCase) -> Iterator[LiveProof]:
    match = case.said.find(_KILLS)
    if (
        match is None
        or not is_down(case)
        or case.server is not None
        or case.said.has("spawned uWSGI master process")
    ):
        return
    yield LiveProof(
        message="a reload reached a uWSGI without a master: its worker ended, and no process was there to start a new one",
        hint="start it again, and write master = true",
        evidence=(said_line(match.string),),
    )


CAUSE = Cause(code="U034", name="reload-without-master-stops", severity="error", order=118, prove=_prove)
