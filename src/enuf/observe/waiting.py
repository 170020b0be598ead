"""How many connections wait for the app server, wherever it is connected to."""

from __future__ import annotations

from typing import Any

from enuf.model.snapshot import Backlog
from enuf.system.backlog import tcp_backlog, unix_backlog


def waiting(runtime: str, told: dict[str, Any]) -> Backlog:
    """The queue of the serving generation, from what the supervisor told: that of its own socket and those of its ports."""
    own = unix_backlog(f"{runtime}/g{told.get('generation', 0)}.sock")
    limit = own[1] if own else told.get("backlog_limit")
    ports = [int(address.rpartition(":")[2]) for address in told.get("server", {}).get("ports", ())]
    known = [own[0] if own else None, *map(tcp_backlog, ports)]
    queued = [number for number in known if number is not None]
    if queued:
        return Backlog(queued=sum(queued), limit=limit)
    note = "this system does not tell how many connections wait" if told else ""
    return Backlog(queued=None, limit=limit, exact=False, note=note)
