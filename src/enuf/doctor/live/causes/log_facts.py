"""A server's log that grows without end."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.live.case import LiveCase
from enuf.doctor.live.cause import Cause, LiveProof
from enuf.doctor.live.evidence_lines import observed

_LARGE_BYTES = 1 << 30


def _prove(case: LiveCase) -> Iterator[LiveProof]:
    large = [each for each in case.evidence.log("server") if each.size >= _LARGE_BYTES]
    found = case.of_code_anywhere("U049")
    if not large:
        return
    evidence = (observed(f"stat: {large[0].path} has {large[0].size} bytes"),)
    yield LiveProof(
        finding=found,
        message=f"the server's log {large[0].path} has {large[0].size >> 30} GiB: nothing limits it, and a full disk stops the whole machine",
        hint="log-maxsize = 100000000 in the ini, or logrotate with copytruncate",
        evidence=evidence,
        file=large[0].path,
    )


CAUSE = Cause(code="U049", name="log-unbounded", severity="warning", order=940, prove=_prove)
