"""An answer of the app whose headers nginx refuses: a second Content-Length, a Transfer-Encoding of the app's own, a bad name."""

from __future__ import annotations

import re
from collections.abc import Iterator

from enuf.doctor.live.case import LiveCase
from enuf.doctor.live.cause import Cause, LiveProof
from enuf.doctor.live.causes.l026_upstream_other_protocol import is_stats
from enuf.doctor.live.evidence_lines import log_line

_REFUSED = re.compile(
    r'upstream sent (?:duplicate header line|invalid header(?: line)?|invalid "[\w-]{1,40}" header|'
    r'(?:"[\w-]{1,40}" and "[\w-]{1,40}" headers at the same time|unknown "Transfer-Encoding"|unsupported))[^,]{0,200}'
)


def _prove(case: LiveCase) -> Iterator[LiveProof]:
    seen = case.seen(lambda error: bool(_REFUSED.search(error.text)) and "FastCGI" not in error.text)
    if seen is None or not seen.is_now or case.server is None or case.backend is None:
        return
    if is_stats(case, case.backend):
        return
    match = _REFUSED.search(seen.error.text)
    yield LiveProof(
        message=f"the app answered, and nginx refuses a header of the answer and answers 502: {match[0] if match else ''}",
        hint="let the server write Content-Length and Transfer-Encoding, each header once, and names without blanks",
        evidence=(log_line(seen),),
    )


CAUSE = Cause(code="L027", name="answer-header-refused", severity="error", order=517, prove=_prove)
