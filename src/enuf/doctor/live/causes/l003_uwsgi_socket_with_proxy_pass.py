"""nginx speaks HTTP, and the listener speaks the uwsgi protocol."""

from __future__ import annotations

import re
from collections.abc import Iterator

from enuf.doctor.live.case import LiveCase
from enuf.doctor.live.cause import Cause, LiveProof
from enuf.doctor.live.evidence_lines import log_line, said_line

_TOO_LONG = re.compile(r"invalid request block size: (?P<size>\d{4,6}) \(max \d+\)")


def _prove(case: LiveCase) -> Iterator[LiveProof]:
    backend = case.backend
    if backend is None or backend.protocol != "http" or case.reply.status != 502 or not case.route.passes:
        return
    match = case.said.find(_TOO_LONG)
    is_http = match is not None and letters_of(int(match["size"])) != ""
    if backend.wire != "uwsgi" and not (is_http and backend.wire in ("closed", "unknown", "silent")):
        return
    seen = case.seen(lambda error: "prematurely closed" in error.text or error.errno == 104)
    evidence = (
        *((log_line(seen),) if seen else ()),
        *((said_line(match.string),) if match and is_http else ()),
        *((f"{backend.address}: {backend.answer}",) if backend.answer else ()),
    )
    found = case.of_code("L003")
    target = f"unix:{backend.address.path}" if hasattr(backend.address, "path") else str(backend.address)
    yield LiveProof(
        finding=found,
        message=f"nginx speaks HTTP to {backend.address}, and uWSGI speaks the uwsgi protocol there: it takes the request for a "
        "packet, closes the connection, and nginx answers 502",
        hint=f"include uwsgi_params; uwsgi_pass {target};",
        evidence=evidence,
    )


def letters_of(size: int) -> str:
    """Return the two letters that uWSGI took for a length: the second and third byte of an HTTP request (F226)."""
    pair = bytes((size & 0xFF, size >> 8 & 0xFF))
    return pair.decode() if pair.isalpha() and pair.isupper() else ""


CAUSE = Cause(code="L003", name="uwsgi-socket-with-proxy-pass", severity="error", order=510, prove=_prove)
