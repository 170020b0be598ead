"""All members of an upstream failed a moment ago, so nginx asks none of them."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.live.case import LiveCase
from enuf.doctor.live.cause import Cause, LiveProof
from enuf.doctor.live.evidence_lines import log_line


def _prove(case: LiveCase) -> Iterator[LiveProof]:
    seen = case.seen(lambda error: "no live upstreams" in error.text)
    if seen is None:
        return
    named = [each.named_by for each in case.route.passes]
    if named and all("down" in each.args for each in named):
        yield LiveProof(
            message=f"every server of the upstream is marked `down` in {named[0].file}, and nginx asks none of them",
            hint="take the word down out of the server line, and: sudo nginx -s reload",
            evidence=(log_line(seen), f"{named[0].file}:{named[0].line}: server {' '.join(named[0].args)}"),
            file=named[0].file,
            line=named[0].line,
            severity="error" if seen.is_now else "warning",
        )
        return
    before = [each for each in case.errors if each.errno and each.upstream and each.at <= seen.error.at]
    first = case.seen(lambda error: bool(before) and error is before[-1])
    name = seen.error.upstream.partition("://")[2].rstrip("/") or "the upstream"
    members = ", ".join(str(each.address) for each in case.backends)
    yield LiveProof(
        message=f"every member of the upstream {name} ({members}) failed, and nginx asks none of them for fail_timeout (10s): the error "
        "before this one is the cause",
        hint="repair what the error before says; for a single member, max_fails=0 keeps nginx asking",
        evidence=(log_line(seen), *((log_line(first),) if first else ())),
        severity="error" if seen.is_now else "warning",
    )


CAUSE = Cause(code="R002", name="no-live-upstreams", severity="error", order=290, prove=_prove)
