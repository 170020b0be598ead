"""Connections that several workers of a server hold together. Pure."""

from __future__ import annotations

import msgspec

DATABASE_PORTS = {
    1433: "SQL Server", 1521: "Oracle", 3306: "MySQL", 5432: "PostgreSQL", 5672: "RabbitMQ", 6379: "Redis", 9042: "Cassandra",
    11211: "memcached", 27017: "MongoDB",
}  # fmt: skip


class SharedConnection(msgspec.Struct, frozen=True, kw_only=True):
    """A connection to another program."""

    peer: str
    """The address of the other end."""
    port: int = 0
    """0 for a unix socket."""
    inode: str = ""
    pids: tuple[int, ...] = ()


class SharedConnections(msgspec.Struct, frozen=True, kw_only=True):
    """All that were found."""

    found: tuple[SharedConnection, ...] = ()
