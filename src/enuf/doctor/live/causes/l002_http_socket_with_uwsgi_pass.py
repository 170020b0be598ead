"""nginx speaks the uwsgi protocol, and the listener speaks HTTP."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.live.case import LiveCase
from enuf.doctor.live.cause import Cause, LiveProof
from enuf.doctor.live.evidence_lines import log_line, observed, process_line

_BAD_REQUEST = 400
"""What some servers of HTTP answer to a packet of the uwsgi protocol; nginx passes that on."""


def _prove(case: LiveCase) -> Iterator[LiveProof]:
    backend = case.backend
    if backend is None or backend.protocol != "uwsgi":
        return
    sign = _sign(case)
    if not sign or case.reply.status not in (0, _BAD_REQUEST, 502, 504):
        return
    seen = case.seen(lambda error: "prematurely closed" in error.text or "upstream timed out" in error.text)
    server = case.server
    program = server.program if server else "the server"
    evidence = (*((log_line(seen),) if seen else ()), sign)
    found = case.of_code("L002")
    yield LiveProof(
        finding=found,
        message=f"nginx speaks the uwsgi protocol to {backend.address}, and {program} speaks HTTP there: it does not understand the "
        "request, and nginx gets no answer",
        hint="proxy_pass in place of uwsgi_pass; or with uWSGI, socket in place of http-socket",
        evidence=evidence,
    )


def _sign(case: LiveCase) -> str:
    """Return what shows that the listener speaks HTTP: its own answer, else the configuration by which it runs."""
    backend, server = case.backend, case.server
    if backend is None:
        return ""
    if backend.wire == "http":
        return f"{backend.address}: {backend.answer}"
    if backend.wire == "uwsgi":
        return ""
    for listener in case.configured.listeners if case.configured else ():
        if listener.address == backend.address and listener.protocol == "http":
            written = listener.option.written
            return f"{written.file}:{written.line}: {listener.option.key} = {listener.option.value}"
    if server and server.program == "gunicorn" and "-c" not in server.words and "uwsgi" not in server.line:
        return observed(
            f"{process_line(server)}: gunicorn speaks HTTP unless --protocol uwsgi says otherwise"
        )
    return ""


CAUSE = Cause(code="L002", name="http-socket-with-uwsgi-pass", severity="error", order=520, prove=_prove)
