"""The machine under random sequences of events, in a world that obeys its orders late, badly, or not at all."""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from enuf.run.machine import events
from enuf.run.machine.stack import Stack
from enuf.run.machine.transitions import step
from tests.support.examples import examples


class World(RuleBasedStateMachine):
    """Processes that start, become ready, fall ill and die; people who ask for reloads and stops."""

    @initialize(
        has_front=st.booleans(),
        hand_over=st.sampled_from(["generations", "restart"]),
        proven=st.booleans(),
        stubborn=st.booleans(),
    )
    def begin(self, has_front: bool, hand_over: str, proven: bool, stubborn: bool) -> None:
        self.now = 0.0
        self.stubborn = stubborn  # in the end, processes ignore every order but KILL
        self.alive: dict[str, str] = {}  # key -> starting | ready | stopping
        self.wake: list[float] = []
        self.proof_open = not proven
        self.preparing = self.refreshing_front = self.checking = False
        self.pointed_at = ""
        self.outdated: set[str] = set()
        self.was_healthy = False
        self.asked: set[int] = set()
        self.answered: list[int] = []
        self.discarded: set[str] = set()
        self.closed = False
        self.stop_asked = False
        self.stack = Stack(has_front=has_front, hand_over=hand_over)  # type: ignore[arg-type]
        self.tell(events.StartRequested(proven))

    def tell(self, event: events.Event) -> None:
        self.stack, effects = step(self.stack, event, self.now)
        for effect in effects:
            self.obey(effect)

    def obey(self, effect: events.Effect) -> None:  # noqa: C901 - one line per kind of order
        match effect:
            case events.Spawn(key):
                assert key not in self.alive, f"{key} was started twice"
                assert key not in self.discarded, f"{key} was started after its socket was given up"
                self.alive[key] = "starting"
                self.outdated.discard(key)
            case events.Refresh(key):
                self.alive[key] = "starting"
            case events.Stop(key, _):
                assert key in self.alive, f"{key} is to be stopped and does not run"
                self.alive[key] = "stopping"
            case events.Kill(key):
                assert key in self.alive, f"{key} is to be killed and does not run"
                self.alive[key] = "killed"
            case events.Publish(key):
                assert self.alive.get(key) == "ready", f"traffic is given to {key}, which is not ready"
                self.pointed_at = key
            case events.Unpublish():
                self.pointed_at = ""
            case events.Release(key):
                assert key not in self.alive, f"the socket of {key} is given up while it runs"
                assert (
                    key != self.pointed_at
                    or self.stack.phase == "stopping"
                    or self.stack.hand_over == "restart"
                )
                self.discarded.add(key)
            case events.Prepare(_):
                assert not self.preparing, "two reloads at once"
                self.preparing = True
            case events.RefreshFront():
                self.refreshing_front = True
            case events.CheckChain():
                assert self.pointed_at not in self.outdated, "traffic is given to what was started otherwise"
                self.checking = True
            case events.Answer(tickets, _):
                self.answered += tickets
            case events.WakeAt(at_s):
                self.wake.append(at_s)
            case events.Close():
                self.closed = True

    # -- the world's side

    @rule(data=st.data())
    def something_becomes_ready(self, data: st.DataObject) -> None:
        starting = sorted(key for key, how in self.alive.items() if how == "starting")
        if starting:
            key = data.draw(st.sampled_from(starting))
            self.alive[key] = "ready"
            self.tell(events.Ready(key))

    @rule(data=st.data())
    def something_does_not_become_ready(self, data: st.DataObject) -> None:
        starting = sorted(key for key, how in self.alive.items() if how == "starting")
        if starting:
            self.tell(events.UnitNotReady(data.draw(st.sampled_from(starting)), "it answers 500"))

    @rule(data=st.data())
    def something_dies(self, data: st.DataObject) -> None:
        if self.alive:
            key = data.draw(st.sampled_from(sorted(self.alive)))
            del self.alive[key]
            self.tell(events.Exited(key, "it died"))

    @rule(good=st.booleans(), otherwise=st.booleans())
    def the_proof_ends(self, good: bool, otherwise: bool) -> None:
        if self.proof_open:
            self.proof_open = False
            if otherwise and good:
                self.outdated = {key for key, how in self.alive.items() if key != events.FRONT}
            self.tell(events.ImportSucceeded(otherwise) if good else events.ImportFailed("SyntaxError"))

    @rule(good=st.booleans(), front=st.booleans(), app=st.booleans())
    def the_preparation_ends(self, good: bool, front: bool, app: bool) -> None:
        if self.preparing:
            self.preparing = False
            self.tell(
                events.Prepared(front=front, app=app or not front)
                if good
                else events.PreparationFailed("SyntaxError")
            )

    @rule(good=st.booleans())
    def the_front_has_been_refreshed(self, good: bool) -> None:
        if self.refreshing_front:
            self.refreshing_front = False
            self.tell(events.FrontRefreshed("" if good else "emerg"))

    @rule(good=st.booleans())
    def the_chain_has_been_checked(self, good: bool) -> None:
        if self.checking:
            self.checking = False
            self.tell(events.ChainAnswered() if good else events.ChainBroken("502"))

    @rule(seconds=st.floats(0, 60))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds
        due = [at for at in self.wake if at <= self.now]
        self.wake = [at for at in self.wake if at > self.now]
        for _ in due:
            self.tell(events.TimerFired())

    # -- people

    @rule(mode=st.sampled_from(["full", "in_place"]))
    def somebody_asks_for_a_reload(self, mode: str) -> None:
        ticket = len(self.asked) + 1
        self.asked.add(ticket)
        self.tell(events.ReloadRequested(ticket, mode))  # type: ignore[arg-type]

    @rule(at_once=st.booleans())
    @precondition(lambda self: self.now > 30)
    def somebody_asks_for_a_stop(self, at_once: bool) -> None:
        self.stop_asked = True
        self.tell(events.StopRequested(at_once=at_once))

    # -- what always holds

    @invariant()
    def a_ready_generation_is_never_given_up_before_its_successor_is_ready(self) -> None:
        if self.stack.phase != "stopping" and self.stack.hand_over == "generations" and self.stack.serving:
            assert self.stack.serving.condition != "stopping"

    @invariant()
    def only_one_generation_serves(self) -> None:
        keys = [unit.key for unit in self.stack.units]
        assert len(keys) == len(set(keys)), "a unit has two roles"
        if self.stack.serving and self.stack.serving.condition == "ready" and self.stack.phase != "stopping":
            assert self.pointed_at == self.stack.serving.key

    @invariant()
    def nobody_is_answered_twice(self) -> None:
        assert len(self.answered) == len(set(self.answered))

    @invariant()
    def it_closes_only_when_everything_has_ended(self) -> None:
        if self.closed:
            assert not self.alive

    def teardown(self) -> None:
        """Whatever has happened: a stop ends in time, and everyone who asked has an answer."""
        if not hasattr(self, "stack"):
            return
        self.tell(events.StopRequested())
        self.now = max(self.now, self.stack.stop_by_s) if self.stubborn else self.now
        for at in self.wake if self.stubborn else []:
            if at <= self.now:
                self.tell(events.TimerFired())
        for _ in range(50):
            if self.closed:
                break
            for key, how in sorted(self.alive.items()):
                if how == "killed" or not self.stubborn:
                    del self.alive[key]
                    self.tell(events.Exited(key, "stopped"))
        assert self.closed, f"it does not end: {self.stack}"
        assert not self.alive
        assert set(self.answered) == self.asked, "somebody waits for ever for the answer to a reload"


TestWorld = World.TestCase
TestWorld.settings = settings(max_examples=examples(300), stateful_step_count=60, deadline=None)
