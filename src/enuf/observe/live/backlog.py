"""The accept queue of the app server, on all its sockets."""

from __future__ import annotations

from enuf.inspect.kernel_queue import tcp_backlog, unix_backlog
from enuf.model.paths import MOST_SOCKETS, StackPaths
from enuf.model.snapshot import Backlog
from enuf.model.status import StackStatus


def app_backlog(paths: StackPaths, status: StackStatus) -> Backlog:
    """Return the accept queue of the serving generation: those of its own sockets and those of its ports."""
    ports = [int(address.rpartition(":")[2]) for address in status.server.ports]
    own = _own_backlog(paths, status.generation)
    known = [queue for queue in (own, *map(tcp_backlog, ports)) if queue is not None]
    limit = max((limit for _, limit in known), default=status.backlog_limit)
    hidden = status.unseen.queue
    if known and not hidden:
        return Backlog(queued=sum(queued for queued, _ in known), limit=limit)
    note = hidden or "this system does not report how many connections wait"
    return Backlog(queued=None, limit=limit, exact=False, note=note)


def _own_backlog(paths: StackPaths, generation: int) -> tuple[int, int] | None:
    """Return how many connections wait at a generation's sockets, and the sum of their limits.

    None where both are unknown.
    """
    found = map(unix_backlog, paths.sockets_of(generation, MOST_SOCKETS))
    known = [queue for queue in found if queue is not None]
    return (sum(queued for queued, _ in known), sum(limit for _, limit in known)) if known else None
