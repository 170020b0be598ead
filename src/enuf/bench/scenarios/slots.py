"""Processes x threads: so many requests are worked on at once, and one more waits."""

from __future__ import annotations

import msgspec

from enuf.bench.load.spec import added
from enuf.bench.results import Round, SlotStep
from enuf.bench.scenarios.base import Turn, TurnResult, WhichApp

_LONGEST_WAIT_S = 1.0


class Slots(msgspec.Struct, frozen=True):
    """The experiment of the lecture: 4 processes x 2 threads are 8 requests at once."""

    name: str = "slots"
    app: WhichApp = "scenario"
    address: str = ""
    needs_rate: bool = False
    needs_fresh_server: bool = False

    def measure(self, turn: Turn) -> TurnResult:
        """Send ever more requests at once, each of which waits, and return how long all of them took."""
        wait_s = min(_LONGEST_WAIT_S, turn.size.duration_s / 5)
        steps, results = [], []
        for at_once in counts_around(turn.slots):
            path = f"/wait?seconds={wait_s:g}"
            found = turn.sent(turn.simple(path, connections=at_once, count=at_once, timeout_s=60.0))
            steps.append(SlotStep(at_once=at_once, wait_s=wait_s, seconds=round(found.seconds, 3)))
            results.append(found)
        return TurnResult(
            round=Round(
                requests=sum(each.requests for each in results), failed=sum(each.failed for each in results)
            ),
            failures=added(each.failures for each in results),
            steps=tuple(steps),
        )


def counts_around(slots: int) -> tuple[int, ...]:
    """Return how many requests are sent at once: below, at and above the number of slots."""
    return tuple(sorted({1, max(1, slots // 2), slots, slots + 1, 2 * slots, 2 * slots + 1}))


SLOTS = Slots()
