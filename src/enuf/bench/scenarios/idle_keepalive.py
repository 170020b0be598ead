"""Kept connections that say nothing."""

from __future__ import annotations

import msgspec

from enuf.bench.load.crowd import Crowd, holding
from enuf.bench.scenarios.base import Turn, TurnResult, WhichApp, steady_result
from enuf.bench.scenarios.beside_crowd import RATE, crowd_note, normal_client


class IdleKeepalive(msgspec.Struct, frozen=True):
    """Ten thousand browsers that have had their page and keep the connection."""

    name: str = "idle-keepalive"
    app: WhichApp = "scenario"
    address: str = "/"
    needs_rate: bool = False
    needs_fresh_server: bool = True

    def measure(self, turn: Turn) -> TurnResult:
        """Ask as a normal client while idle connections are held."""
        crowd = Crowd(kind="idle", port=turn.running.place.port, count=turn.size.idle)
        with holding(crowd) as running:
            turn.running.leave_out(running.pids)
            made = running.made()
            found = turn.sent(normal_client(turn))
            memory_mb = turn.running.memory_mb()
            left = running.left()
        return steady_result(found, RATE, memory_mb=memory_mb, notes=(crowd_note("idle", made, left),))


IDLE_KEEPALIVE = IdleKeepalive()
