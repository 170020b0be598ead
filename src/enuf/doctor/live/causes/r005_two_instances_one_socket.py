"""Two servers that were started at one unix socket: the second takes the path, and its end removes the file."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.live.case import LiveCase
from enuf.doctor.live.cause import Cause, LiveProof
from enuf.doctor.live.evidence_lines import log_line, process_line, stat_line
from enuf.doctor.live.main_processes import main_processes
from enuf.model.address import UnixAddress


def _prove(case: LiveCase) -> Iterator[LiveProof]:
    backend = case.backend
    if backend is None or not isinstance(backend.address, UnixAddress) or backend.socket is None:
        return
    path, seen = backend.address.path, case.failed(2)
    mains = list(main_processes(backend.holders))
    running = tuple(process_line(each) for each in mains)
    if backend.socket.kind == "absent" and backend.listeners and backend.front_sees in ("absent", "unknown"):
        pids = " ".join(str(each.pid) for each in mains)
        yield LiveProof(
            message=f"an app server still listens on a socket that was bound to {path}, and the file is gone: another one "
            "was started at the same path and removed the file when it ended, or somebody deleted the file",
            hint=f"stop {'process ' + pids if pids else 'it by its pid'} and start one server, under systemd or with a lock",
            evidence=(
                *((log_line(seen),) if seen else ()),
                stat_line(backend.socket),
                f"/proc/net/unix: {len(backend.listeners)} listening at {path}",
                *running,
            ),
        )
    elif len(backend.listeners) > 1 and (len(mains) > 1 or not mains):
        yield LiveProof(
            message=f"{len(backend.listeners)} sockets were bound to {path}: the last server that was started took the path, and "
            "the ones before run on without a visitor",
            hint="stop all of them by their pids and start one, under systemd or with a lock",
            evidence=(f"/proc/net/unix: {len(backend.listeners)} listening at {path}", *running),
            severity="error" if case.fails else "warning",
        )


CAUSE = Cause(code="R005", name="two-instances-one-socket", severity="error", order=340, prove=_prove)
