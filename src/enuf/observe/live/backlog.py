"""How many connections wait for the app server, wherever it is connected to."""

from __future__ import annotations

from typing import Any

from enuf.inspect.kernel_queue import tcp_backlog, unix_backlog
from enuf.model.snapshot import Backlog


def app_backlog(runtime: str, told: dict[str, Any]) -> Backlog:
    """The queue of the serving generation, from what the supervisor told: that of its own socket and those of its ports."""
    hidden = unobservable_reason(told, "queue")
    ports = [int(address.rpartition(":")[2]) for address in told.get("server", {}).get("ports", ())]
    own = unix_backlog(f"{runtime}/g{told.get('generation', 0)}.sock")
    known = [found for found in (own, *map(tcp_backlog, ports)) if found is not None]
    limit = max((limit for _, limit in known), default=told.get("backlog_limit"))
    if known and not hidden:
        return Backlog(queued=sum(queued for queued, _ in known), limit=limit)
    note = hidden or ("this system does not tell how many connections wait" if told else "")
    return Backlog(queued=None, limit=limit, exact=False, note=note)


def unobservable_reason(told: dict[str, Any], what: str) -> str:
    """The sentence for what cannot be seen of the server: of its `wait`, of its `queue`; empty where it can."""
    return str((told.get("unseen") or {}).get(what, ""))
