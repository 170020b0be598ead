"""A port at which no process listens."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.live.case import LiveCase
from enuf.doctor.live.cause import Cause, LiveProof
from enuf.doctor.live.evidence_lines import log_line
from enuf.doctor.live.explained import NOT_STARTED, explained_by
from enuf.model.address import TcpAddress

_REFUSED = 111


def _prove(case: LiveCase) -> Iterator[LiveProof]:
    backend, seen = case.backend, case.failed(_REFUSED)
    if backend is None or not isinstance(backend.address, TcpAddress) or backend.listeners:
        return
    if not (backend.errno == _REFUSED and (case.reply.status == 502 or (seen and seen.is_now))):
        return
    if case.configured or case.configured_app or explained_by(case, NOT_STARTED):
        return  # the ports agree, and the server does not run
    evidence = (
        *((log_line(seen),) if seen else ()),
        f"/proc/net/tcp: no socket listens at {backend.address}",
    )
    found = case.of_code("L005")
    if found is not None:
        yield LiveProof(finding=found, evidence=evidence)
        return
    others = [str(each.address) for each in case.evidence.sockets if isinstance(each.address, TcpAddress)]
    if len(set(others)) == 1:
        yield LiveProof(
            message=f"nginx connects to {backend.address}, where no process listens (errno 111), and an app server listens at {others[0]}",
            hint=f"write one address on both sides: {others[0]}",
            evidence=(*evidence, f"/proc/net/tcp: a server listens at {others[0]}"),
        )
    else:
        yield LiveProof(
            message=f"no process listens at {backend.address} (errno 111, connection refused): the app server does not run, or listens "
            "at another port",
            hint=f"start the app server at {backend.address}, or write its port in {case.place[0]}",
            evidence=evidence,
        )


CAUSE = Cause(code="L005", name="upstream-port-mismatch", severity="error", order=390, prove=_prove)
