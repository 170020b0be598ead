"""A socket that nginx's worker may not write to, which connecting needs (F186)."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.live.case import LiveCase
from enuf.doctor.live.cause import Cause, LiveProof
from enuf.doctor.live.evidence_lines import log_line, stat_line


def _prove(case: LiveCase) -> Iterator[LiveProof]:
    backend, worker = case.backend, case.evidence.front.worker
    if backend is None or worker is None or backend.socket is None:
        return
    seen, stat = case.failed(13), backend.socket
    is_way_open = all(each.is_allowed is not False for each in backend.folders)
    if stat.is_allowed is not False or stat.kind != "socket" or not is_way_open:
        return
    if not seen and case.reply.status != 502:
        return
    group = _group(worker.groups, worker.user)
    yield LiveProof(
        message=f"nginx cannot connect to {stat.path}: errno 13 (permission), because the socket is {stat.mode:04o} of "
        f"{stat.owner}:{stat.group}, connecting needs the right to write, and nginx's worker runs as {worker.user}",
        hint=f"chown-socket = {stat.owner}:{group} and chmod-socket = 660 (not 666)",
        evidence=(*((log_line(seen),) if seen else ()), stat_line(stat)),
    )


def _group(groups: tuple[int, ...], user: str) -> str:
    return user if user and user != "root" else (str(groups[0]) if groups else "www-data")


CAUSE = Cause(code="S001", name="socket-permission", severity="error", order=320, prove=_prove)
