"""An answer that ends in the middle: the server closed the connection before all of it was sent."""

from __future__ import annotations

import re
from collections.abc import Iterator

from enuf.doctor.live.case import LiveCase
from enuf.doctor.live.cause import Cause, LiveProof
from enuf.doctor.live.evidence_lines import log_line, said_line

_CUT = re.compile(r"prematurely closed connection while reading upstream")


def _prove(case: LiveCase) -> Iterator[LiveProof]:
    seen = case.seen(lambda error: bool(_CUT.search(error.text)))
    if seen is None or not seen.is_now or case.ends:
        return
    found = case.of_fault("A006")
    raised = case.raised
    why = f"the app raised in the middle of its answer: {raised[-1].error}" if raised else ""
    why = why or "the app sent fewer bytes than its Content-Length says, or the server closed the connection"
    yield LiveProof(
        finding=found,
        message=f"the visitor gets status {case.reply.status} and {case.reply.size} bytes, and then the answer is cut: {why}",
        hint="read the traceback in the server's log: what a generator or a file raises after the first byte can no longer become a 500"
        if raised
        else "compare Content-Length with what the app sends; look whether it wraps a file that ends early",
        evidence=(
            log_line(seen),
            *(said_line(line) for line in (raised[-1].lines[-4:] if raised else ())),
        ),
        file=case.said.path if raised else "",
    )


CAUSE = Cause(code="L021", name="answer-cut", severity="error", order=648, prove=_prove)
