"""The copies of an app server on other hosts, which share one name."""

from __future__ import annotations

import msgspec


class Peers(msgspec.Struct, frozen=True, kw_only=True):
    """Servers that a name leads to; the name's addresses come and go with the copies."""

    host: str
    """The name, which the resolver answers with one address for each copy."""
    port: int
    resolver: str
    """IP address of the engine's own resolver."""
    tries: int = 3
    """So many copies a request is offered to, as long as none has taken it."""
