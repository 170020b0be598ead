"""The machine, told in short stories."""

from __future__ import annotations

from enuf.model.process import HandOver
from enuf.run.reload import events as e
from enuf.run.reload.machine import step
from enuf.run.reload.stack import BACK_OFF_S, GIVES_UP_AFTER, MAX_RETIRING, QUIET_S, Stack


class Story:
    """A machine and everything that it has ordered since it was last asked."""

    def __init__(self, *, has_front: bool = True, hand_over: HandOver = "generations") -> None:
        self.stack = Stack(has_front=has_front, hand_over=hand_over)
        self.now = 100.0
        self.orders: list[e.Effect] = []

    def tell(self, *events: e.Event) -> list[e.Effect]:
        """What these events made it order."""
        self.orders = []
        for event in events:
            self.stack, effects = step(self.stack, event, self.now)
            self.orders += effects
        return self.orders


def serving(**options: object) -> Story:
    story = Story(**options)  # type: ignore[arg-type]
    front = [e.Ready(e.FRONT)] if story.stack.has_front else []
    story.tell(e.Begin(proven=True), e.Ready("g1"), *front, e.ChainAnswered())
    assert story.stack.phase == "serving"
    return story


def test_a_start_spawns_both_and_serves_when_a_request_has_passed_through() -> None:
    story = Story()
    assert story.tell(e.Begin(proven=True)) == [e.Spawn("g1")]
    assert story.tell(e.Ready("g1")) == [e.Serve("g1"), e.Spawn(e.FRONT)], (
        "the front never stands before nobody"
    )
    assert story.tell(e.Ready(e.FRONT)) == [e.CheckChain()]
    assert story.tell(e.ChainAnswered()) == [e.Accept()]
    assert story.stack.phase == "serving"


def test_the_front_waits_for_the_proof_of_the_import_too() -> None:
    story = Story()
    assert story.tell(e.Begin(proven=False), e.Ready("g1")) == [e.Spawn("g1"), e.Serve("g1")]
    assert story.tell(e.Proven()) == [e.Spawn(e.FRONT)]


def test_a_first_start_that_failed_beside_the_import_gets_one_more_try_alone() -> None:
    story = Story()
    story.tell(e.Begin(proven=False), e.Exited("g1", "table exists already"))
    assert story.stack.phase == "starting"
    assert e.Spawn("g1") in story.tell(e.Proven())


def test_an_app_that_cannot_be_imported_ends_the_start_with_its_own_reason() -> None:
    story = Story()
    story.tell(e.Begin(proven=False))
    assert story.tell(e.Disproven("SyntaxError")) == [e.Kill("g1")]
    assert story.tell(e.Exited("g1", "killed")) == [e.Discard("g1"), e.Close()]
    assert story.stack.fatal == "SyntaxError"


def test_a_reload_starts_the_new_one_beside_the_old_and_retires_that_only_then() -> None:
    story = serving()
    assert story.tell(e.ReloadAsked(1)) == [e.Prepare("full")]
    assert story.tell(e.Prepared(front=False, app=True)) == [e.Spawn("g2")]
    assert story.tell(e.Ready("g2")) == [e.Serve("g2"), e.Stop("g1", drain=True), e.Accept(), e.Answer((1,))]
    assert story.tell(e.Exited("g1", "stopped")) == [e.Discard("g1")]


def test_a_new_version_that_answers_500_is_killed_and_the_old_one_is_not_touched() -> None:
    story = serving()
    story.tell(e.ReloadAsked(1), e.Prepared(front=False, app=True))
    assert story.tell(e.NotReady("g2", "GET / answered 500")) == [e.Kill("g2")]
    assert story.tell(e.Exited("g2", "was killed")) == [e.Discard("g2"), e.Answer((1,), "GET / answered 500")]
    assert story.stack.serving is not None and story.stack.serving.key == "g1"


def test_a_change_of_the_front_alone_touches_no_generation() -> None:
    story = serving()
    story.tell(e.ReloadAsked(1))
    assert story.tell(e.Prepared(front=True, app=False)) == [e.RefreshFront()]
    assert story.tell(e.FrontRefreshed()) == [e.Accept(), e.Answer((1,))]


def test_reloads_that_are_asked_for_during_one_are_answered_by_one_more() -> None:
    story = serving()
    story.tell(e.ReloadAsked(1), e.ReloadAsked(2), e.ReloadAsked(3), e.Prepared(front=False, app=True))
    assert story.tell(e.Ready("g2"))[-1] == e.Prepare("full")
    story.tell(e.Prepared(front=False, app=True))
    assert e.Answer((2, 3)) in story.tell(e.Ready("g3"))


def test_a_third_version_waits_until_an_old_one_has_finished() -> None:
    story = serving()
    for number in range(MAX_RETIRING):
        story.tell(e.ReloadAsked(number), e.Prepared(front=False, app=True), e.Ready(f"g{number + 2}"))
    assert story.tell(e.ReloadAsked(9)) == []
    assert story.tell(e.Exited("g1", "stopped")) == [e.Discard("g1"), e.Prepare("full")]


def test_a_dead_server_is_started_again_at_once_then_later_and_later() -> None:
    story = serving()
    delays = []
    for _ in range(len(BACK_OFF_S)):
        (wake,) = [
            order
            for order in story.tell(e.Exited("g1", "was killed by SIGKILL"))
            if isinstance(order, e.WakeAt)
        ]
        delays.append(wake.at_s - story.now)
        story.now = wake.at_s
        assert story.tell(e.Woken()) == [e.Spawn("g1")]
    assert delays == list(BACK_OFF_S)


def test_a_server_that_never_becomes_ready_again_makes_the_stack_failed_with_the_reason() -> None:
    story = serving()
    for _ in range(GIVES_UP_AFTER):
        story.tell(e.Exited("g1", "uwsgi exited with status 22"))
        story.now += 60
        story.tell(e.Woken())
    assert (story.stack.phase, story.stack.reason) == ("failed", "uwsgi exited with status 22")
    story.tell(e.Ready("g1"))
    assert story.stack.phase == "serving"


def test_a_reload_cures_a_failed_stack() -> None:
    story = serving()
    for _ in range(GIVES_UP_AFTER):
        story.tell(e.Exited("g1", "exited"))
        story.now += 60
        story.tell(e.Woken())
    story.tell(e.Exited("g1", "exited"), e.ReloadAsked(1))
    assert e.Spawn("g2") in story.tell(e.Prepared(front=False, app=True))
    assert e.Answer((1,)) in story.tell(e.Ready("g2"))
    assert story.stack.phase == "serving"


def test_after_a_quiet_time_earlier_failures_are_forgotten() -> None:
    story = serving()
    story.tell(e.Exited("g1", "x"), e.Woken(), e.Ready("g1"))
    story.now += QUIET_S
    orders = story.tell(e.Exited("g1", "x"))
    assert orders == [e.WakeAt(story.now)]


def test_down_stops_the_front_first_so_that_nothing_new_comes_in() -> None:
    story = serving()
    assert e.Stop(e.FRONT) in story.tell(e.StopAsked())
    assert story.tell(e.Exited(e.FRONT, "stopped")) == [e.Stop("g1")]
    assert story.tell(e.Exited("g1", "stopped")) == [e.Discard("g1"), e.Close()]


def test_a_second_stop_kills_what_is_left() -> None:
    story = serving()
    story.tell(e.StopAsked())
    assert set(story.tell(e.StopAsked(at_once=True))) == {e.Kill(e.FRONT), e.Kill("g1")}


def test_down_during_a_reload_answers_whoever_waits() -> None:
    story = serving()
    story.tell(e.ReloadAsked(1), e.Prepared(front=False, app=True), e.ReloadAsked(2))
    orders = story.tell(e.StopAsked())
    assert e.Answer((1, 2), "the stack is going down") in orders
    assert e.Kill("g2") in orders


def test_down_while_it_starts_ends_everything() -> None:
    story = Story()
    story.tell(e.Begin(proven=False))
    story.tell(e.StopAsked())
    assert story.tell(e.Exited("g1", "killed"))[-1] == e.Close()


def test_in_place_the_same_generation_takes_the_new_code() -> None:
    story = serving()
    story.tell(e.ReloadAsked(1, "frugal"))
    assert story.tell(e.Prepared(front=False, app=True)) == [e.Refresh("g1")]
    assert e.Answer((1,)) in story.tell(e.Ready("g1"))


def test_without_a_socket_to_lend_the_old_one_is_stopped_before_the_new_one_starts() -> None:
    story = serving(has_front=False, hand_over="restart")
    story.tell(e.ReloadAsked(1))
    assert story.tell(e.Prepared(front=False, app=True)) == [e.Stop("g1")]
    assert story.tell(e.Exited("g1", "stopped")) == [e.Discard("g1"), e.Spawn("g2")]
    assert e.Answer((1,)) in story.tell(e.Ready("g2"))
