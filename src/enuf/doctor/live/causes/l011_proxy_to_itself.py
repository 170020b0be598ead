"""nginx that passes a request to its own port, where the request meets the location again."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.live.case import LiveCase
from enuf.doctor.live.cause import Cause, LiveProof
from enuf.doctor.live.evidence_lines import log_line, observed
from enuf.doctor.live.front_said import said_by_front

_MANY = 3


def _prove(case: LiveCase) -> Iterator[LiveProof]:
    backend, front = case.backend, case.evidence.front
    if backend is None or not case.fails or not front.is_nginx or backend.protocol != "http":
        return
    own = {each.inode for each in front.listeners}
    is_own = bool(backend.listeners) and {each.inode for each in backend.listeners} <= own
    is_full = said_by_front(case, "worker_connections are not enough") is not None
    if is_own and (len(case.now) >= _MANY or is_full):
        file, line = case.place
        yield LiveProof(
            message=f"nginx passes the request to its own port ({backend.address}), where the request takes the location again, without end: 502 or 500",
            hint="proxy_pass must name the address of the app server, not that of nginx: give the app a port or a socket of its own",
            evidence=(
                *(log_line(each) for each in case.now[-1:]),
                observed(
                    f"error log: {len(case.now)} lines about one request; {file}:{line}: the pass to {backend.address}"
                ),
            ),
        )


CAUSE = Cause(code="L011", name="proxy-to-itself", severity="error", order=230, prove=_prove)
