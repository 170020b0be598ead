"""How many connections wait for a thread of a stack, as exactly as the system tells."""

from __future__ import annotations

from enuf.model.snapshot import Backlog
from enuf.system.backlog import tcp_backlog, unix_backlog

UNKNOWN = "this system does not tell how many connections wait"


def waiting(runtime: str, generation: int, *, url: str, has_front: bool, limit: int | None) -> Backlog:
    """The queue of the serving generation's own socket, or of the public address where no front stands before it."""
    found = unix_backlog(f"{runtime}/g{generation}.sock")
    if found is not None:
        return Backlog(queued=found[0], limit=found[1])
    queued = None if has_front else tcp_backlog(_port(url))
    if queued is not None:
        return Backlog(queued=queued, limit=limit)
    return Backlog(queued=None, limit=limit, exact=False, note=UNKNOWN)


def _port(url: str) -> int:
    port = url.partition("://")[2].partition("/")[0].rpartition(":")[2]
    return int(port) if port.isdigit() else 80
