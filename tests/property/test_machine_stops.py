"""Every state that the machine can get into within some steps, one after the other: a stop ends from each of them in time.

Unlike the random worlds of test_machine this leaves no state out. After the stop the world is as bad as it may be: no
process obeys anything but KILL, and whatever else can still be reported is reported.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import pytest

from enuf.run.machine import events
from enuf.run.machine.stack import Stack
from enuf.run.machine.transitions import step

DEPTH = 9
LATER_S = 1000.0
"""Longer than every delay of the machine."""

ADVERSE: tuple[events.Event, ...] = (
    events.ImportSucceeded(), events.ImportFailed("no"), events.ChainAnswered(), events.ChainBroken("no"), events.Prepared(front=True, app=True),
    events.PreparationFailed("no"), events.FrontRefreshed("no"), events.ReloadRequested(9), events.StopRequested(), events.TimerFired(),
)  # fmt: skip


class Place(msgspec.Struct, frozen=True):
    """The machine's state and what the world owes it."""

    stack: Stack
    alive: frozenset[str] = frozenset()
    killed: frozenset[str] = frozenset()
    """Those that are alive and have been told to end by KILL."""
    owed: frozenset[str] = frozenset()
    """Kinds of orders that have not been answered yet."""
    now_s: float = 0.0

    def after(self, event: events.Event, *, gone: str = "", done: str = "", later: bool = False) -> Place:
        """Return where this event leads to."""
        now_s = self.now_s + (LATER_S if later else 0.0)
        stack, effects = step(self.stack, event, now_s)
        alive, killed, owed = self.alive - {gone}, self.killed - {gone}, self.owed - {done}
        for effect in effects:
            if isinstance(effect, events.Kill):
                killed |= {effect.key}
            if isinstance(effect, events.Spawn):
                alive |= {effect.key}
            if isinstance(effect, events.Prepare | events.RefreshFront | events.CheckChain | events.WakeAt):
                owed |= {type(effect).__name__}
        return Place(stack, alive, killed, owed, now_s)

    def ways(self) -> Iterator[Place]:
        """Yield the places that the next event can lead to."""
        stack = self.stack
        for key in sorted(self.alive):
            yield self.after(events.Ready(key))
            yield self.after(events.UnitNotReady(key, "no"))
            yield self.after(events.Exited(key, "died"), gone=key)
        if not stack.proven and stack.phase == "starting":
            yield self.after(events.ImportSucceeded())
            yield self.after(events.ImportSucceeded(otherwise=True))
            yield self.after(events.ImportFailed("no"))
        if "CheckChain" in self.owed:
            yield self.after(events.ChainAnswered(), done="CheckChain")
            yield self.after(events.ChainBroken("no"), done="CheckChain")
        if "Prepare" in self.owed:
            yield self.after(events.Prepared(front=False, app=True), done="Prepare")
            yield self.after(events.Prepared(front=True, app=False), done="Prepare")
            yield self.after(events.PreparationFailed("no"), done="Prepare")
        if "RefreshFront" in self.owed:
            yield self.after(events.FrontRefreshed(), done="RefreshFront")
        if "WakeAt" in self.owed:
            yield self.after(events.TimerFired(), done="WakeAt", later=True)
        if not stack.waiting:
            yield self.after(events.ReloadRequested(1))
            yield self.after(events.ReloadRequested(2, "in_place"))


def reachable(start: Place) -> Iterator[Place]:
    """Yield every place within DEPTH events, each once."""
    seen, level = {start}, [start]
    for _ in range(DEPTH):
        level = [place for place in {way for each in level for way in each.ways()} if place not in seen]
        seen.update(level)
    yield from seen


def stops(place: Place, *, at_once: bool) -> bool:
    """Return True when a stop closes the machine before its time is over, whatever else is reported meanwhile."""
    killed = set(place.killed)
    alive = set(place.alive)

    def tell(stack: Stack, event: events.Event, now_s: float) -> Stack:
        stack, effects = step(stack, event, now_s)
        for effect in effects:
            assert not isinstance(effect, events.Spawn), "nothing is started once a stop was asked for"
            if isinstance(effect, events.Kill):
                killed.add(effect.key)
        return stack

    asked_at_s = place.now_s
    stack = tell(place.stack, events.StopRequested(at_once=at_once), asked_at_s)
    late: list[events.Event] = [
        event for key in alive for event in (events.Ready(key), events.UnitNotReady(key, "no"))
    ]
    for event in (*ADVERSE, *late):
        stack = tell(stack, event, asked_at_s)
    stack = tell(stack, events.TimerFired(), asked_at_s + stack.stop_within_s)
    while not stack.closed and (dead := killed & alive):
        alive -= dead
        for key in sorted(dead):
            stack = tell(stack, events.Exited(key, "was killed"), asked_at_s + stack.stop_within_s)
    return stack.closed


@pytest.mark.parametrize("at_once", [False, True])
@pytest.mark.parametrize("hand_over", ["generations", "restart"])
@pytest.mark.parametrize("has_front", [False, True])
def test_a_stop_ends_in_time_from_every_state(has_front: bool, hand_over: str, at_once: bool) -> None:
    begun = Place(Stack(has_front=has_front, hand_over=hand_over)).after(events.StartRequested(proven=False))  # type: ignore[arg-type]
    places = list(reachable(begun))
    assert len(places) > 500
    stuck = [place for place in places if not place.stack.closed and not stops(place, at_once=at_once)]
    assert not stuck, f"{len(stuck)} of {len(places)}: {stuck[0]}"
