"""How many connections wait for the app server, wherever it is connected to."""

from __future__ import annotations

from typing import Any

from enuf.system.backlog import tcp_backlog, unix_backlog


def waiting(runtime: str, told: dict[str, Any]) -> tuple[int | None, int | None]:
    """(connections waiting, limit) of the serving generation, from what the supervisor told; None for what nobody knows."""
    own = unix_backlog(f"{runtime}/g{told.get('generation', 0)}.sock")
    ports = [int(address.rpartition(":")[2]) for address in told.get("server", {}).get("ports", ())]
    known = [own[0] if own else None, *map(tcp_backlog, ports)]
    queued = [number for number in known if number is not None]
    return sum(queued) if queued else None, own[1] if own else told.get("backlog_limit")
