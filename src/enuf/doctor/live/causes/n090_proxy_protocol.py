"""The PROXY protocol on one side alone: nginx waits for its header, or takes it for a request."""

from __future__ import annotations

import re
from collections.abc import Iterator

from enuf.doctor.live.case import LiveCase
from enuf.doctor.live.cause import Cause, LiveProof
from enuf.doctor.live.evidence_lines import log_line
from enuf.doctor.live.front_said import finding_here

_EXPECTED = re.compile(r"while reading PROXY protocol")
_UNEXPECTED = re.compile(r"client sent invalid method .*\bPROXY (?:TCP|UNKNOWN)")


def _prove(case: LiveCase) -> Iterator[LiveProof]:
    begun = int(case.reply.sent_at)
    now = [each for each in case.errors if case.reply.sent_at and each.at >= begun]
    line = next((each for each in reversed(now) if _EXPECTED.search(each.text)), None)
    if line is not None and not case.reply.status:
        yield LiveProof(
            finding=finding_here(case, "N090"),
            message="the port expects the PROXY protocol, and the visitor came without a load balancer that speaks it: nginx closes the connection",
            hint="ask the load balancer, or take proxy_protocol out of the listen line; one port for each of the two",
            evidence=(line.line,),
            severity="error",
        )
        return
    seen = case.seen(lambda error: bool(_UNEXPECTED.search(error.line)))
    if seen is not None:
        yield LiveProof(
            message="a load balancer sends the PROXY protocol, and this port does not expect it: its visitors get 400",
            hint="listen PORT proxy_protocol; with set_real_ip_from and real_ip_header proxy_protocol; or turn the protocol off in the load balancer",
            evidence=(log_line(seen),),
            severity="warning",
        )


CAUSE = Cause(code="N090", name="proxy-protocol-on-one-side", severity="error", order=134, prove=_prove)
