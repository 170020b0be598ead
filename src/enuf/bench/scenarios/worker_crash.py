"""Workers that die, while visitors ask."""

from __future__ import annotations

import msgspec

from enuf.bench.running import status_at
from enuf.bench.scenarios.base import Turn, TurnResult, WhichApp
from enuf.bench.scenarios.under_load import result_under_load

_CRASHES = 3


class WorkerCrash(msgspec.Struct, frozen=True):
    """What other visitors see when a request kills the process that answers."""

    name: str = "worker-crash"
    app: WhichApp = "scenario"
    address: str = "/"
    needs_rate: bool = False
    needs_fresh_server: bool = True

    def measure(self, turn: Turn) -> TurnResult:
        """Kill processes by requests, and count the failures of all other requests."""
        place = turn.running.place

        def happening() -> str:
            for _ in range(_CRASHES):
                status_at(place.port, "/crash", place.app.host)
            return ""

        return result_under_load(turn, happening)


WORKER_CRASH = WorkerCrash()
