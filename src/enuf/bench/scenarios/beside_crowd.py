"""A normal client that asks while a crowd holds its connections."""

from __future__ import annotations

from enuf.bench.load.crowd import CrowdCount, CrowdKind
from enuf.bench.load.spec import LoadSpec
from enuf.bench.scenarios.base import Turn

RATE = 20.0
"""Requests per second of the normal client."""
_CONNECTIONS = 4
_TIMEOUT_S = 5.0


def normal_client(turn: Turn) -> LoadSpec:
    """Return the load of the normal client."""
    return turn.simple("/", rate=RATE, connections=_CONNECTIONS, timeout_s=_TIMEOUT_S, wanted_body=b"version")


def crowd_note(kind: CrowdKind, made: CrowdCount, left: CrowdCount) -> str:
    """Return how many connections were held, and why not all."""
    limited = f"; the limit of open files allows {made.allowed}" if made.allowed < made.wanted else ""
    return f"{kind}: {made.held} of {made.wanted} connections were made, {left.held} were open at the end{limited}"
