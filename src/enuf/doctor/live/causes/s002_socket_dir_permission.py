"""A folder above the socket that nginx's worker may not enter."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.live.case import LiveCase
from enuf.doctor.live.cause import Cause, LiveProof
from enuf.doctor.live.evidence_lines import log_line, stat_line
from enuf.model.address import UnixAddress


def _prove(case: LiveCase) -> Iterator[LiveProof]:
    backend, worker = case.backend, case.evidence.front.worker
    seen = case.failed(13)
    if backend is None or worker is None or not isinstance(backend.address, UnixAddress):
        return
    closed = next((each for each in backend.folders if each.is_allowed is False), None)
    if closed is None or not (seen or case.reply.status == 502):
        return
    path = backend.address.path
    yield LiveProof(
        message=f"nginx cannot connect to {path}: errno 13 (permission), because {closed.path} is {closed.mode:04o} "
        f"of {closed.owner} and nginx's worker runs as {worker.user}",
        hint=f"move the socket to a folder that nginx may enter: /run/{_name(path)}/app.sock (RuntimeDirectory= in the unit), or let "
        f"{worker.user} in: setfacl -m u:{worker.user}:x {closed.path}",
        evidence=(*((log_line(seen),) if seen else ()), stat_line(closed)),
    )


def _name(path: str) -> str:
    stem = path.rpartition("/")[2].partition(".")[0]
    return "app" if stem in ("", "app", "uwsgi", "gunicorn") else stem


CAUSE = Cause(code="S002", name="socket-dir-permission", severity="error", order=310, prove=_prove)
