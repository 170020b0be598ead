"""The accept queue of the app server, on all its sockets."""

from __future__ import annotations

from enuf.inspect.kernel_queue import tcp_backlog, unix_backlog
from enuf.model.paths import StackPaths
from enuf.model.snapshot import Backlog
from enuf.model.status import StackStatus


def app_backlog(paths: StackPaths, status: StackStatus) -> Backlog:
    """Return the accept queue of the serving generation: that of its own socket and those of its ports."""
    ports = [int(address.rpartition(":")[2]) for address in status.server.ports]
    own = unix_backlog(paths.socket_of(status.generation))
    known = [queue for queue in (own, *map(tcp_backlog, ports)) if queue is not None]
    limit = max((limit for _, limit in known), default=status.backlog_limit)
    hidden = status.unseen.queue
    if known and not hidden:
        return Backlog(queued=sum(queued for queued, _ in known), limit=limit)
    note = hidden or "this system does not report how many connections wait"
    return Backlog(queued=None, limit=limit, exact=False, note=note)
