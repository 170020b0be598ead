"""A circle inside nginx: the last word of try_files, or a rewrite, leads to the same location again and again."""

from __future__ import annotations

import re
from collections.abc import Iterator

from enuf.doctor.live.case import LiveCase
from enuf.doctor.live.cause import Cause, LiveProof
from enuf.doctor.live.evidence_lines import log_line
from enuf.doctor.live.front_said import block_of, finding_here, place_of

_CYCLE = re.compile(
    r'redirection cycle while (?:internally redirecting to|processing) "(?P<path>[^"]{1,2000})"'
)


def _prove(case: LiveCase) -> Iterator[LiveProof]:
    seen = case.seen(lambda error: bool(_CYCLE.search(error.text)))
    match = _CYCLE.search(seen.error.text) if seen else None
    if seen is None or match is None or not seen.is_now:
        return
    block = block_of(case)
    lines = [each for name in ("try_files", "rewrite") for each in (block.inherited(name) if block else ())]
    file, line = place_of(lines[0] if lines else None, case)
    yield LiveProof(
        finding=finding_here(case, "N076"),
        message=f"nginx goes round in a circle and answers 500: the request is handed to {match['path']}, which is not there and is handed on again",
        hint="put that file there (the build of the front end), or end try_files with =404 or @app",
        evidence=(log_line(seen),),
        file=file,
        line=line,
    )


CAUSE = Cause(code="N076", name="rewrite-loop", severity="error", order=246, prove=_prove)
