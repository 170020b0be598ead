"""An app that is slower than nginx's patience."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.live.case import LiveCase
from enuf.doctor.live.cause import Cause, LiveProof
from enuf.doctor.live.evidence_lines import log_line


def _prove(case: LiveCase) -> Iterator[LiveProof]:
    seen = case.seen(lambda error: error.phase == "reading" and "upstream timed out" in error.text)
    if seen is None:
        return
    directive = "uwsgi_read_timeout" if "uwsgi://" in seen.error.upstream else "proxy_read_timeout"
    value = _value(case, directive, seen.error.target)
    request = f" of {seen.error.target}" if seen.error.target else ""
    yield LiveProof(
        message=f"the app took longer than {directive} ({value}) for the answer{request}: nginx gave up and answered 504, and the worker "
        "worked on for no visitor",
        hint=f"make the request faster or move its work out of the request; else raise {directive}, with harakiri a few seconds below",
        evidence=(log_line(seen),),
        severity="error" if seen.is_now else "warning",
    )


def _value(case: LiveCase, directive: str, target: str) -> str:
    route = case.route_for(target)
    match = route.location or route.server
    return (match.value(directive) if match else "") or "60s"


CAUSE = Cause(code="L006", name="read-timeout-504", severity="error", order=720, prove=_prove)
