"""What a user asked `enuf bench` to compare."""

from __future__ import annotations

import msgspec


class BenchRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Which ways to serve are compared, by which loads, for how long."""

    topologies: tuple[str, ...]
    """Empty for the one that the settings name, and all peers."""
    scenarios: tuple[str, ...]
    urls: tuple[str, ...] = ()
    """Paths of the user's app, with their queries: each is a scenario of its own."""
    rounds: int = 3
    duration_s: float = 5
    """Of one load, in every round."""
    connections: int = 16
    rate: float | None = None
    """Requests per second where latency is measured; None to choose one that all topologies can serve."""
    processes: int = 2
    threads: int = 2
    without_peers: bool = False
    """Leave the peers out where no topology is named."""
