"""nginx speaks the uwsgi protocol, and the listener speaks HTTP."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.live.case import LiveCase
from enuf.doctor.live.cause import Cause, LiveProof, log_line


def _prove(case: LiveCase) -> Iterator[LiveProof]:
    backend = case.backend
    if (
        backend is None
        or backend.protocol != "uwsgi"
        or backend.wire != "http"
        or case.reply.status not in (502, 504)
    ):
        return
    seen = case.seen(
        lambda error: (
            "prematurely closed" in error.text or "upstream timed out" in error.text or bool(error.errno)
        )
    )
    server = case.server
    program = server.program if server else "the server"
    evidence = (*((log_line(seen),) if seen else ()), f"{backend.address}: {backend.answer}")
    found = case.of_code("L002")
    if found is not None:
        yield LiveProof(finding=found, evidence=evidence)
        return
    yield LiveProof(
        message=f"nginx speaks the uwsgi protocol to {backend.address}, and {program} speaks HTTP there: it does not understand the "
        "request, and nginx answers 502",
        hint="proxy_pass in place of uwsgi_pass; or with uWSGI, socket in place of http-socket",
        evidence=evidence,
    )


CAUSE = Cause(code="L002", name="http-socket-with-uwsgi-pass", severity="error", order=520, prove=_prove)
