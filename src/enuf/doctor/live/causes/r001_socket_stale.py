"""A socket file whose server is gone."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from enuf.doctor.live.case import LiveCase
from enuf.doctor.live.cause import Cause, LiveProof
from enuf.doctor.live.evidence_lines import log_line, said_line, stat_line
from enuf.model.address import UnixAddress

_REFUSED = 111


def _prove(case: LiveCase) -> Iterator[LiveProof]:
    backend = case.backend
    if backend is None or not isinstance(backend.address, UnixAddress) or backend.socket is None:
        return
    seen = case.failed(_REFUSED)
    is_refused = backend.errno == _REFUSED or (seen is not None and seen.is_now)
    if backend.socket.kind != "socket" or backend.listeners or not is_refused:
        return
    path = backend.address.path
    last = case.said.has("killed", "Segmentation Fault", "got Segmentation", "goodbye to uWSGI", "VACUUM")
    yield LiveProof(
        message=f"no process listens on {path} any more (errno 111, connection refused): the app server that made the file has "
        "ended without removing it, and nginx answers 502",
        hint=f"start the app server again, which replaces the file{_unit(case)}; run it under systemd, which restarts it",
        evidence=(
            *((log_line(seen),) if seen else ()),
            stat_line(backend.socket),
            f"/proc/net/unix: no socket listens at {path}",
            *((said_line(last),) if last else ()),
        ),
    )


def _unit(case: LiveCase) -> str:
    """Return the command that starts the unit in whose runtime folder the socket lies, if one is known."""
    path = case.backend.address.path if case.backend and isinstance(case.backend.address, UnixAddress) else ""
    folder = posixpath.basename(posixpath.dirname(path))
    for unit in case.evidence.units:
        if unit.value("RuntimeDirectory") == folder:
            return f": sudo systemctl restart {unit.name}"
    return ""


CAUSE = Cause(code="R001", name="socket-stale", severity="error", order=350, prove=_prove)
