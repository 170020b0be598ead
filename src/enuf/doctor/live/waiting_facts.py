"""What a collector found out about a request that was not answered at once. Pure."""

from __future__ import annotations

import msgspec


class WaitingFacts(msgspec.Struct, frozen=True, kw_only=True):
    """The queue in front of the workers, and what the workers do, after a slow request."""

    queued: int = 0
    """Connections that no worker has accepted yet."""
    limit: int = 0
    taken: int | None = None
    """Connections of visitors that the workers hold; None if that is unknown."""
    workers: int = 0
    """Requests that the server can work on at a time; 0 where that is unknown."""
    busy: int = 0
    """Of those, the ones in a request, as uWSGI's stats say."""
    requests: tuple[str, ...] = ()
    """`GET /report`, of the busy workers."""
    is_told: bool = False
    """True if uWSGI's stats were read."""
