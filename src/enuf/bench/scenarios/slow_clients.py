"""Slow clients, while a normal client asks."""

from __future__ import annotations

import msgspec

from enuf.bench.load.crowd import Crowd, CrowdKind, holding
from enuf.bench.load.spec import LoadResult, joined_results
from enuf.bench.running import status_at
from enuf.bench.scenarios.base import Turn, TurnResult, WhichApp, steady_result
from enuf.bench.scenarios.beside_crowd import RATE, crowd_note, normal_client
from enuf.bench.scenarios.under_load import comes_true

_KINDS: tuple[CrowdKind, ...] = ("slow headers", "slow body", "slow read")
_SETTLED_WITHIN_S = 10.0


class SlowClients(msgspec.Struct, frozen=True):
    """A thousand clients each that send their headers, send a body, and read the answer a byte per second."""

    name: str = "slow-clients"
    app: WhichApp = "scenario"
    address: str = "/"
    needs_rate: bool = False
    needs_fresh_server: bool = True

    def measure(self, turn: Turn) -> TurnResult:
        """Ask as a normal client while slow clients hold their connections, one kind after the other."""
        results, notes = [], []
        for kind in _KINDS:
            found, note = _beside(kind, turn)
            results.append(found)
            notes.append(note)
        return steady_result(
            joined_results(results), RATE, memory_mb=turn.running.memory_mb(), notes=tuple(notes)
        )


def _beside(kind: CrowdKind, turn: Turn) -> tuple[LoadResult, str]:
    crowd = Crowd(kind=kind, port=turn.running.place.port, count=turn.size.crowd)
    with holding(crowd) as running:
        turn.running.leave_out(running.pids)
        made = running.made()
        # The answers that the crowd asks for are a load of their own: the normal client comes when they are made.
        place = turn.running.place
        comes_true(lambda: status_at(place.port, "/", place.app.host) == 200, within_s=_SETTLED_WITHIN_S)
        found = turn.sent(normal_client(turn))
        left = running.left()
    failures = {f"{failure} beside {kind}": count for failure, count in found.failures.items()}
    return msgspec.structs.replace(found, failures=failures), crowd_note(kind, made, left)


SLOW_CLIENTS = SlowClients()
