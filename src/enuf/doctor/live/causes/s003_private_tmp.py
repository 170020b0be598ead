"""A socket that exists for one of the two alone: nginx and the server see different folders under one name."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.live.case import LiveCase
from enuf.doctor.live.cause import Cause, LiveProof
from enuf.doctor.live.evidence_lines import log_line, observed, stat_line
from enuf.model.address import UnixAddress

_TEMPORARY = ("/tmp/", "/var/tmp/")  # noqa: S108 - compared, not written


def _prove(case: LiveCase) -> Iterator[LiveProof]:
    backend, front = case.backend, case.evidence.front
    if backend is None or not isinstance(backend.address, UnixAddress) or backend.socket is None:
        return
    path, seen = backend.address.path, case.failed(2)
    here, there = backend.socket.kind, backend.front_sees
    private = [unit.name for unit in case.evidence.units if unit.value("PrivateTmp") == "yes"]
    is_told = (
        there == "unknown" and bool(private) and path.startswith(_TEMPORARY) and bool(seen and seen.is_now)
    )
    differs = here == "socket" and (there == "absent" or is_told)
    is_hidden = here == "absent" and bool(backend.listeners) and _is_apart(case)
    if not (differs or is_hidden) or not (seen or case.fails):
        return
    who = f" ({', '.join(private)}: PrivateTmp=yes)" if private and path.startswith(_TEMPORARY) else ""
    worker = front.worker
    spaces = observed(f"mount namespaces: nginx {worker.mounts}") if worker else ""
    server = case.server
    yield LiveProof(
        message=f"nginx does not see {path} (errno 2), and the file exists outside of nginx's own mount namespace{who}"
        if differs
        else f"{path} exists only in the mount namespace of the app server{who}: nginx gets errno 2",
        hint="put the socket below /run, which both see: RuntimeDirectory= in the unit of the app server",
        evidence=(
            *((log_line(seen),) if seen else ()),
            stat_line(backend.socket),
            f"{spaces}, app server {server.mounts}" if server and server.mounts else spaces,
        ),
    )


def _is_apart(case: LiveCase) -> bool:
    server, worker = case.server, case.evidence.front.worker
    return bool(server and worker and server.mounts and worker.mounts and server.mounts != worker.mounts)


CAUSE = Cause(code="S003", name="private-tmp", severity="error", order=300, prove=_prove)
