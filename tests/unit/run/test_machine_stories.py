"""The machine, told in short stories."""

from __future__ import annotations

from msgspec.structs import replace

from enuf.model.process import HandOver
from enuf.run.machine import events
from enuf.run.machine.stack import BACK_OFF_S, GIVES_UP_AFTER, MAX_RETIRING, QUIET_S, Stack
from enuf.run.machine.transitions import step


class Story:
    """A machine and everything that it has ordered since it was last asked."""

    def __init__(self, *, has_front: bool = True, hand_over: HandOver = "generations") -> None:
        self.stack = Stack(has_front=has_front, hand_over=hand_over)
        self.now = 100.0
        self.orders: list[events.Effect] = []

    def tell(self, *events: events.Event) -> list[events.Effect]:
        """What these events made it order."""
        self.orders = []
        for event in events:
            self.stack, effects = step(self.stack, event, self.now)
            self.orders += effects
        return self.orders


def serving(**options: object) -> Story:
    story = Story(**options)  # type: ignore[arg-type]
    front = [events.Ready(events.FRONT)] if story.stack.has_front else []
    story.tell(events.StartRequested(proven=True), events.Ready("g1"), *front, events.ChainAnswered())
    assert story.stack.phase == "serving"
    return story


def test_a_start_spawns_both_and_serves_when_a_request_has_passed_through() -> None:
    story = Story()
    assert story.tell(events.StartRequested(proven=True)) == [events.Spawn("g1")]
    assert story.tell(events.Ready("g1")) == [events.Publish("g1"), events.Spawn(events.FRONT)], (
        "the front never stands before nobody"
    )
    assert story.tell(events.Ready(events.FRONT)) == [events.CheckChain()]
    assert story.tell(events.ChainAnswered()) == [events.Accept()]
    assert story.stack.phase == "serving"


def test_the_front_waits_for_the_proof_of_the_import_too() -> None:
    story = Story()
    assert story.tell(events.StartRequested(proven=False), events.Ready("g1")) == [
        events.Spawn("g1"),
        events.Publish("g1"),
    ]
    assert story.tell(events.ImportSucceeded()) == [events.Spawn(events.FRONT)]


def test_a_first_start_that_failed_beside_the_import_gets_one_more_try_alone() -> None:
    story = Story()
    story.tell(events.StartRequested(proven=False), events.Exited("g1", "table exists already"))
    assert story.stack.phase == "starting"
    assert events.Spawn("g1") in story.tell(events.ImportSucceeded())


def test_an_app_that_cannot_be_imported_ends_the_start_with_its_own_reason() -> None:
    story = Story()
    story.tell(events.StartRequested(proven=False))
    assert story.tell(events.ImportFailed("SyntaxError")) == [events.Kill("g1")]
    assert story.tell(events.Exited("g1", "killed")) == [events.Release("g1"), events.Close()]
    assert story.stack.fatal == "SyntaxError"


def test_a_reload_starts_the_new_one_beside_the_old_and_retires_that_only_then() -> None:
    story = serving()
    assert story.tell(events.ReloadRequested(1)) == [events.Prepare("full")]
    assert story.tell(events.Prepared(front=False, app=True)) == [events.Spawn("g2")]
    assert story.tell(events.Ready("g2")) == [
        events.Publish("g2"),
        events.Stop("g1", drain=True),
        events.Accept(),
        events.Answer((1,)),
    ]
    assert story.tell(events.Exited("g1", "stopped")) == [events.Release("g1")]


def test_a_new_version_that_answers_500_is_killed_and_the_old_one_is_not_touched() -> None:
    story = serving()
    story.tell(events.ReloadRequested(1), events.Prepared(front=False, app=True))
    assert story.tell(events.UnitNotReady("g2", "GET / answered 500")) == [events.Kill("g2")]
    assert story.tell(events.Exited("g2", "was killed")) == [
        events.Release("g2"),
        events.Answer((1,), "GET / answered 500"),
    ]
    assert story.stack.serving is not None and story.stack.serving.key == "g1"


def test_a_change_of_the_front_alone_touches_no_generation() -> None:
    story = serving()
    story.tell(events.ReloadRequested(1))
    assert story.tell(events.Prepared(front=True, app=False)) == [events.RefreshFront()]
    assert story.tell(events.FrontRefreshed()) == [events.Accept(), events.Answer((1,))]


def test_reloads_that_are_asked_for_during_one_are_answered_by_one_more() -> None:
    story = serving()
    story.tell(
        events.ReloadRequested(1),
        events.ReloadRequested(2),
        events.ReloadRequested(3),
        events.Prepared(front=False, app=True),
    )
    assert story.tell(events.Ready("g2"))[-1] == events.Prepare("full")
    story.tell(events.Prepared(front=False, app=True))
    assert events.Answer((2, 3)) in story.tell(events.Ready("g3"))


def test_a_rollback_that_is_answered_with_other_reloads_runs_no_commands() -> None:
    story = serving()
    story.tell(
        events.ReloadRequested(1),
        events.ReloadRequested(2),
        events.ReloadRequested(3, commands=False),
        events.Prepared(front=False, app=True),
    )
    assert story.tell(events.Ready("g2"))[-1] == events.Prepare("full", commands=False)


def test_a_third_version_waits_until_an_old_one_has_finished() -> None:
    story = serving()
    for number in range(MAX_RETIRING):
        story.tell(
            events.ReloadRequested(number),
            events.Prepared(front=False, app=True),
            events.Ready(f"g{number + 2}"),
        )
    assert story.tell(events.ReloadRequested(9)) == []
    assert story.tell(events.Exited("g1", "stopped")) == [events.Release("g1"), events.Prepare("full")]


def test_a_dead_server_is_started_again_at_once_then_later_and_later() -> None:
    story = serving()
    delays = []
    for _ in range(len(BACK_OFF_S)):
        (wake,) = [
            order
            for order in story.tell(events.Exited("g1", "was killed by SIGKILL"))
            if isinstance(order, events.WakeAt)
        ]
        delays.append(wake.at_s - story.now)
        story.now = wake.at_s
        assert story.tell(events.TimerFired()) == [events.Spawn("g1")]
    assert delays == list(BACK_OFF_S)


def test_a_server_that_never_becomes_ready_again_makes_the_stack_failed_with_the_reason() -> None:
    story = serving()
    for _ in range(GIVES_UP_AFTER):
        story.tell(events.Exited("g1", "uwsgi exited with status 22"))
        story.now += 60
        story.tell(events.TimerFired())
    assert (story.stack.phase, story.stack.reason) == ("failed", "uwsgi exited with status 22")
    story.tell(events.Ready("g1"))
    assert story.stack.phase == "serving"


def test_a_reload_cures_a_failed_stack() -> None:
    story = serving()
    for _ in range(GIVES_UP_AFTER):
        story.tell(events.Exited("g1", "exited"))
        story.now += 60
        story.tell(events.TimerFired())
    story.tell(events.Exited("g1", "exited"), events.ReloadRequested(1))
    assert events.Spawn("g2") in story.tell(events.Prepared(front=False, app=True))
    assert events.Answer((1,)) in story.tell(events.Ready("g2"))
    assert story.stack.phase == "serving"


def test_after_a_quiet_time_earlier_failures_are_forgotten() -> None:
    story = serving()
    story.tell(events.Exited("g1", "x"), events.TimerFired(), events.Ready("g1"))
    story.now += QUIET_S
    orders = story.tell(events.Exited("g1", "x"))
    assert orders == [events.WakeAt(story.now)]


def test_down_stops_the_front_first_so_that_nothing_new_comes_in() -> None:
    story = serving()
    assert events.Stop(events.FRONT) in story.tell(events.StopRequested())
    assert story.tell(events.Exited(events.FRONT, "stopped")) == [events.Stop("g1")]
    assert story.tell(events.Exited("g1", "stopped")) == [events.Release("g1"), events.Close()]


def test_a_stop_answers_what_waits_where_new_requests_go_elsewhere_already() -> None:
    story = serving(has_front=False)
    story.stack = replace(story.stack, drains_at_stop=True)
    assert events.Stop("g1", drain=True) in story.tell(events.StopRequested())
    dead = serving(has_front=False)
    dead.stack = replace(dead.stack, drains_at_stop=True)
    dead.tell(events.Exited("g1", "died"), events.TimerFired())
    assert events.Stop("g1") in dead.tell(events.StopRequested()), "it is not ready, so nobody would answer"


def test_a_second_stop_kills_what_is_left() -> None:
    story = serving()
    story.tell(events.StopRequested())
    assert set(story.tell(events.StopRequested(at_once=True))) == {
        events.Kill(events.FRONT),
        events.Kill("g1"),
    }


def test_down_during_a_reload_answers_whoever_waits() -> None:
    story = serving()
    story.tell(events.ReloadRequested(1), events.Prepared(front=False, app=True), events.ReloadRequested(2))
    orders = story.tell(events.StopRequested())
    assert events.Answer((1, 2), "the stack is going down") in orders
    assert events.Kill("g2") in orders


def test_down_while_it_starts_ends_everything() -> None:
    story = Story()
    story.tell(events.StartRequested(proven=False))
    story.tell(events.StopRequested())
    assert story.tell(events.Exited("g1", "killed"))[-1] == events.Close()


def test_in_place_the_same_generation_takes_the_new_code() -> None:
    story = serving()
    story.tell(events.ReloadRequested(1, "in_place"))
    assert story.tell(events.Prepared(front=False, app=True)) == [events.Refresh("g1")]
    assert events.Answer((1,)) in story.tell(events.Ready("g1"))


def test_without_a_socket_to_lend_the_old_one_is_stopped_before_the_new_one_starts() -> None:
    story = serving(has_front=False, hand_over="restart")
    story.tell(events.ReloadRequested(1))
    assert story.tell(events.Prepared(front=False, app=True)) == [events.Stop("g1")]
    assert story.tell(events.Exited("g1", "stopped")) == [events.Release("g1"), events.Spawn("g2")]
    assert events.Answer((1,)) in story.tell(events.Ready("g2"))
