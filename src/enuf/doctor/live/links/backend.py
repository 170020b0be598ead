"""The address that nginx passes the request to: the file, the way to it, and who listens."""

from __future__ import annotations

import errno

from enuf.doctor.live.case import LiveCase
from enuf.doctor.live.cause import LinkResult, LiveLink
from enuf.doctor.live.evidence import Backend
from enuf.doctor.live.evidence_lines import stat_line


def _describe(case: LiveCase) -> LinkResult | None:
    backend = case.backend
    if backend is None or not case.evidence.front.is_nginx:
        return None
    return _of_socket(backend) if backend.is_unix else _of_port(backend)


def _of_socket(backend: Backend) -> LinkResult:
    address = backend.address
    stat = backend.socket
    closed = next((each for each in backend.folders if each.is_allowed is False), None)
    if closed is not None:
        return LinkResult(
            state="fault", text=f"nginx's worker may not enter {closed.path}", evidence=(stat_line(closed),)
        )
    if stat is None or stat.kind == "unknown":
        return LinkResult(state="unknown", text=f"this user may not look at {address}")
    if stat.kind == "absent":
        return LinkResult(state="fault", text=f"there is no {address}", evidence=(stat_line(stat),))
    if stat.kind != "socket":
        return LinkResult(state="fault", text=f"{address} is no socket", evidence=(stat_line(stat),))
    if stat.is_allowed is False:
        return LinkResult(
            state="fault", text=f"nginx's worker may not connect to {address}", evidence=(stat_line(stat),)
        )
    return _of_listeners(backend)


def _of_port(backend: Backend) -> LinkResult:
    return _of_listeners(backend)


def _of_listeners(backend: Backend) -> LinkResult:
    address = backend.address
    if not backend.listeners and backend.errno == 0:
        return LinkResult(
            state="ok", text=f"a program in another container or on another host listens at {address}"
        )
    if not backend.listeners:
        number = f" (errno {_number(backend.errno)})" if backend.errno else ""
        return LinkResult(state="fault", text=f"no process listens at {address}{number}")
    if backend.errno:
        return LinkResult(
            state="fault",
            text=f"a connection to {address} fails with errno {_number(backend.errno)}",
        )
    first = backend.listeners[0]
    queue = f", {first.queued} of {first.limit} places in the queue taken" if first.queued is not None else ""
    return LinkResult(state="ok", text=f"a process listens at {address}{queue}")


def _number(number: int) -> str:
    """Return an error number with its name: the words differ between C libraries."""
    return f"{number} {errno.errorcode.get(number, '')}".strip()


LINK = LiveLink(order=60, title="socket", describe=_describe)
