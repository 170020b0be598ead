"""No file at the path that nginx connects to, and no server that listens there."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.live.case import LiveCase
from enuf.doctor.live.cause import Cause, LiveProof
from enuf.doctor.live.evidence import Listening
from enuf.doctor.live.evidence_lines import log_line, stat_line
from enuf.doctor.live.explained import NOT_STARTED, explained_by
from enuf.model.address import UnixAddress


def _prove(case: LiveCase) -> Iterator[LiveProof]:
    backend, seen = case.backend, case.failed(2)
    if backend is None or not isinstance(backend.address, UnixAddress) or backend.socket is None:
        return
    if backend.socket.kind != "absent" or backend.listeners or not (seen or case.reply.status == 502):
        return
    if case.configured or case.configured_app or explained_by(case, NOT_STARTED):
        return  # the paths agree, and the server does not run
    path = backend.address.path
    found = case.of_code("L001")
    evidence = (*((log_line(seen),) if seen else ()), stat_line(backend.socket))
    if found is not None:
        yield LiveProof(finding=found, evidence=evidence)
        return
    others = [each for each in case.evidence.sockets if isinstance(each.address, UnixAddress)]
    where = _nearest(path, others)
    if where:
        yield LiveProof(
            message=f"nginx connects to {path}, where no file is (errno 2), and an app server listens on {where} in its place",
            hint=f"write one path on both sides: unix:{where}",
            evidence=(*evidence, f"/proc/net/unix: a server listens at {where}"),
        )
    else:
        yield LiveProof(
            message=f"nginx connects to {path}, where no file is (errno 2): the app server does not run, or listens on another path",
            hint=f"start the app server with socket = {path}",
            evidence=(*evidence, f"/proc/net/unix: no socket listens at {path}"),
        )


def _nearest(path: str, others: list[Listening]) -> str:
    """Return the path of the only other server, or of the one in the same folder or of the same name."""
    paths = [each.address.path for each in others if isinstance(each.address, UnixAddress)]
    folder, _, name = path.rpartition("/")
    near = [each for each in paths if each.rpartition("/")[0] == folder or each.rpartition("/")[2] == name]
    chosen = near or paths
    return chosen[0] if len(set(chosen)) == 1 else ""


CAUSE = Cause(code="L001", name="socket-path-mismatch", severity="error", order=370, prove=_prove)
