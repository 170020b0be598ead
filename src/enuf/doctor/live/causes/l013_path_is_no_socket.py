"""A plain file or a folder at the path where nginx looks for the socket."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.live.case import LiveCase
from enuf.doctor.live.cause import Cause, LiveProof
from enuf.doctor.live.evidence_lines import log_line, observed
from enuf.model.address import UnixAddress


def _prove(case: LiveCase) -> Iterator[LiveProof]:
    backend = case.backend
    kind = backend.socket.kind if backend and backend.socket else "unknown"
    if backend is None or not isinstance(backend.address, UnixAddress) or kind not in ("file", "folder"):
        return
    if not case.fails or backend.listeners:
        return
    others = [
        str(each.address)
        for each in case.evidence.sockets
        if isinstance(each.address, UnixAddress) and each.pids
    ]
    seen = next((each for each in reversed(case.now) if each.error.upstream), None)
    yield LiveProof(
        message=_message(backend.address.path, kind),
        hint=f"name the socket of the server that runs, such as {others[0]}"
        if len(others) == 1
        else f"remove it, and start the app server again: rm {backend.address.path}",
        evidence=(
            *((log_line(seen),) if seen else ()),
            observed(f"stat: {backend.address.path}: a {kind}"),
            *(observed(f"/proc/net/unix: an app server listens at {each}") for each in others[:3]),
        ),
    )


def _message(path: str, kind: str) -> str:
    if kind == "folder":
        return f"at {path} lies a folder, and no socket: nginx cannot connect, and an app server cannot listen there"
    return f"at {path} lies a plain file, and no socket: nginx cannot connect, and an app server cannot listen there"


CAUSE = Cause(code="L013", name="path-is-no-socket", severity="error", order=305, prove=_prove)
