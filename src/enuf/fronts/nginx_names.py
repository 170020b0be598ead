"""Host names as nginx keeps them: all but wildcards at the end and expressions in one hash table with buckets of one size."""

from __future__ import annotations

import re
from collections.abc import Sequence

from enuf.model.host_names import is_expression
from enuf.syntax.nginx import Node, directive

_BUCKET_BYTES = 64
"""What nginx takes by itself on most processors; on some it is 128."""
_POINTER_BYTES = 8


def hash_size(hosts: Sequence[str]) -> list[Node]:
    """Return the line that makes room for long names: with the default, nginx does not start with one of more than 46 letters."""
    longest = max((_room(host) for host in hosts), default=0)
    if longest <= _BUCKET_BYTES:
        return []
    return [
        directive(
            "server_names_hash_bucket_size",
            1 << (longest - 1).bit_length(),
            comment="Room for the longest name in serve.hosts.",
        )
    ]


def without_hash(hosts: Sequence[str]) -> tuple[str, ...]:
    """Return the names, long ones as expressions: the size of the table belongs to the host's own nginx.conf."""
    return tuple(_expression(host) if _room(host) > _BUCKET_BYTES else host for host in hosts)


def _room(host: str) -> int:
    """Return how many bytes one name takes: itself, its length and two pointers, in whole words."""
    if is_expression(host):
        return 0
    words = -(-(len(host) + 2) // _POINTER_BYTES)
    return words * _POINTER_BYTES + 2 * _POINTER_BYTES


def _expression(host: str) -> str:
    if host.startswith("*."):
        return rf"~^.+\.{re.escape(host[2:])}$"
    if host.startswith("."):
        return rf"~^(?:.+\.)?{re.escape(host[1:])}$"
    if host.endswith(".*"):
        return rf"~^{re.escape(host[:-2])}\..+$"
    return f"~^{re.escape(host)}$"
