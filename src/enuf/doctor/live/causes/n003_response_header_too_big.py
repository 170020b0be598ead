"""An answer whose headers do not fit into nginx's buffer."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.live.case import LiveCase
from enuf.doctor.live.cause import Cause, LiveProof
from enuf.doctor.live.evidence_lines import log_line
from enuf.doctor.live.front_said import said_by_front, severity_of, value_in_force


def _prove(case: LiveCase) -> Iterator[LiveProof]:
    seen = said_by_front(case, "upstream sent too big header while reading response header")
    if seen is None:
        return
    kind = "uwsgi" if seen.error.upstream.startswith("uwsgi://") else "proxy"
    name = f"{kind}_buffer_size"
    size = value_in_force(case, name, "4k")
    yield LiveProof(
        message=f"the headers of the app's answer to {seen.error.target} are larger than {name} ({size}): nginx answered 502",
        hint="uwsgi_buffer_size 32k; uwsgi_buffers 8 32k; (with proxy_pass proxy_buffer_size 32k; proxy_buffers 8 32k;) and look why the headers are so large: mostly it is a session kept in a cookie",
        evidence=(log_line(seen),),
        severity=severity_of(seen),
    )


CAUSE = Cause(code="N003", name="response-header-too-big", severity="error", order=800, prove=_prove)
