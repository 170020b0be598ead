"""Troubles are derived from figures and events; nothing is a trouble that is none."""

from __future__ import annotations

from enuf.model.journal import JournalEvent
from enuf.model.snapshot import Backlog, Core, Trouble, Worker
from enuf.model.status import Refusal, SuspendedProcess
from enuf.model.unit_events import HungRequestEnded, UnitExited, WorkerExited
from enuf.observe.live.busy_routes import busy_routes, route_of
from enuf.observe.live.routes import RouteShare
from enuf.observe.live.troubles import RECENT_S, AnswersOfMinute, TroubleInput, condition, troubles

ID = "a" * 32
NOW = 1_800_000_000.0


def worker(*cores: Core) -> Worker:
    return Worker(id=1, pid=7, generation=1, status="busy", requests=1, cores=cores)


def busy(path: str, since_s: float, *, where: str = "", request_id: str = ID) -> Core:
    return Core(id=0, busy=True, method="GET", path=path, since_s=since_s, where=where, request_id=request_id)


IDLE = Core(id=9, busy=False)


def found(**given: object) -> tuple[Trouble, ...]:
    known: dict[str, object] = {"now": NOW, "state": "serving", "project": "/shop"}
    return troubles(TroubleInput(**{**known, **given}))  # type: ignore[arg-type]


def crash(at: float, number: int = 2, request: str = "GET /slow") -> WorkerExited:
    return WorkerExited(
        at=at, worker=number, pid=5, reason="signal", how="SIGSEGV", requests=(request,), ids=(ID,)
    )


def test_a_stack_that_is_well_has_no_trouble() -> None:
    calm = worker(busy("/", 0.1), busy("/", 0.2), IDLE)
    assert found(workers=[calm], answers=AnswersOfMinute(1000, 2), backlog=Backlog(queued=0, limit=9)) == ()
    assert condition(()) == ""


def test_a_site_that_is_closed_says_so_before_its_troubles() -> None:
    assert condition((), is_closed=True) == "closed for maintenance"
    assert condition(errors(100, 50), is_closed=True) == "closed for maintenance, 50 % errors"


def errors(total: int, failed: int) -> tuple[Trouble, ...]:
    return found(answers=AnswersOfMinute(total, failed))


def test_crashes_that_are_alike_are_one_trouble_with_their_number_and_span() -> None:
    events = [crash(NOW - 10 + second) for second in (0, 2, 5, 7, 10)]
    (trouble,) = found(journal=events)
    assert trouble.text.startswith("worker 2 crashed (SIGSEGV) in GET /slow, 5 times in 10 s, last ")
    assert trouble.text.endswith(f": enuf logs --id {ID}")
    assert condition((trouble,)) == "5 crashes"


def test_crashes_of_several_workers_in_several_requests_name_no_worker_and_the_commonest_requests() -> None:
    events = [crash(NOW, 1, "GET /a"), crash(NOW, 2, "GET /b"), crash(NOW, 2, "GET /b")]
    (trouble,) = found(journal=events)
    assert trouble.text.startswith("a worker crashed (SIGSEGV) in GET /b or GET /a, 3 times")


def test_a_server_that_ends_by_itself_is_a_crash_and_one_that_was_ended_is_none() -> None:
    events: list[JournalEvent] = [
        UnitExited(at=NOW, unit="g1", program="uwsgi", pid=7, how="was killed by SIGKILL", expected=False),
        UnitExited(at=NOW, unit="g0", program="uwsgi", pid=6, how="exited with status 0", expected=True),
    ]
    (trouble,) = found(journal=events)
    assert trouble.text.startswith("the main process of uwsgi was killed by SIGKILL, ")


def test_what_happened_long_ago_is_no_trouble() -> None:
    old = NOW - RECENT_S - 1
    hung = HungRequestEnded(at=old, method="GET", uri="/x", id=ID)
    assert found(journal=[crash(old), hung]) == ()


def test_hung_requests_are_counted_by_route_with_their_line() -> None:
    stack = (
        '  File "/shop/venv/lib/python3.11/site-packages/flask/app.py", line 9, in run',
        '  File "/shop/views.py", line 28, in hang',
    )
    events = [
        HungRequestEnded(at=NOW - 9 + number, method="GET", uri=f"/item/{number}?q=1", id=ID, stack=stack)
        for number in range(10)
    ]
    (trouble,) = found(journal=events)
    assert trouble.text.startswith(
        "GET /item/* took longer than serve.timeout and was ended, at views.py:28 in hang, 10 times in 9 s"
    )
    assert trouble.short == "10 requests hung"


def test_a_thread_that_did_not_react_is_stuck() -> None:
    hung = HungRequestEnded(at=NOW - 10, method="GET", uri="/x", id=ID)
    now = worker(busy("/x", 40, where="views.py:28 in hang"), IDLE, IDLE, IDLE)
    stuck, *_ = found(journal=[hung], workers=[now])
    assert stuck.short == "1 thread stuck"
    assert stuck.text.startswith("1 of 4 threads stuck in GET /x for 40 s, at views.py:28 in hang: ")


def test_a_long_stream_is_no_trouble_while_it_holds_less_than_half_of_the_threads() -> None:
    assert found(workers=[worker(busy("/events", 4000), IDLE, IDLE, IDLE)]) == ()


def test_a_route_that_holds_the_threads_is_told_in_place_of_a_lack_of_threads() -> None:
    now = worker(busy("/item/1", 7), busy("/item/2", 26, where="views.py:28 in hang"), busy("/", 0.1))
    (trouble,) = found(workers=[now], backlog=Backlog(queued=4, limit=9))
    assert trouble.code == "slow-route"
    assert trouble.text.startswith(
        "2 of 3 threads in GET /item/*, for up to 26 s, at views.py:28 in hang, 4 connections waiting: "
    )


def test_full_threads_are_a_trouble_when_others_wait() -> None:
    now = worker(busy("/a", 0.1), busy("/b", 0.1))
    assert found(workers=[now], backlog=Backlog(queued=0, limit=9)) == ()
    (trouble,) = found(workers=[now], backlog=Backlog(queued=3, limit=9))
    assert trouble.text.startswith("all 2 threads busy, 3 connections waiting")


def test_routes_that_fill_the_threads_are_named_with_their_share_of_the_time() -> None:
    full = worker(busy("/report", 0.2), busy("/cart", 0.1))
    shares = (
        RouteShare(route="GET /report", share=0.75, mean_s=0.203),
        RouteShare(route="GET /cart", share=0.2, mean_s=0.1),
        RouteShare(route="GET /", share=0.05, mean_s=0.001),
    )
    (trouble,) = found(
        workers=[full], backlog=Backlog(queued=12, limit=99), answers=AnswersOfMinute(100, shares=shares)
    )
    assert trouble.text == (
        "all 2 threads busy, 12 connections waiting: GET /report takes 75% of their time, 0.2 s each, GET /cart 20%: "
        "make that faster, or add processes or threads"
    )


def test_threads_are_not_enough_when_half_of_the_requests_wait_also_while_one_is_free() -> None:
    short = worker(busy("/report", 0.2), IDLE)
    (trouble,) = found(workers=[short], answers=AnswersOfMinute(100, waited=50, median_wait_s=0.18))
    assert trouble.text.startswith(
        "the 2 threads are not enough, half of the requests wait 0.18 s or longer: "
    )
    assert found(workers=[short], answers=AnswersOfMinute(100, waited=19, median_wait_s=0.18)) == ()
    assert found(workers=[short], answers=AnswersOfMinute(100, waited=50, median_wait_s=0.04)) == ()


def test_processes_that_a_signal_has_suspended_are_named_with_their_cure() -> None:
    processes = [SuspendedProcess("uwsgi", 7), SuspendedProcess("uwsgi", 8, is_worker=True)]
    (trouble,) = found(suspended=processes)
    assert trouble.text == "suspended by a signal: uwsgi (pid 7), uwsgi worker (pid 8): kill -CONT 7 8"
    assert trouble.short == "2 processes suspended"


def test_few_errors_are_no_trouble_and_many_are_a_share() -> None:
    assert found(answers=AnswersOfMinute(3, 2)) == ()
    (trouble,) = found(answers=AnswersOfMinute(20, 7))
    assert trouble.text.startswith("35 % errors: 7 of 20 answers in the last minute were 5xx")


def test_a_refused_reload_is_told_with_its_time_and_the_file_that_changed_since() -> None:
    refused = Refusal(at=NOW, summary="app.py cannot be imported\nTraceback", changed=("/shop/app.py",))
    (trouble,) = found(refused=refused)
    assert "(app.py has changed since: enuf reload)" in trouble.text
    assert trouble.text.endswith("the version before it serves: app.py cannot be imported")


def test_a_stop_says_what_it_waits_for() -> None:
    (trouble,) = found(state="stopping", workers=[worker(busy("/export", 12))])
    assert (trouble.short, trouble.text) == (
        "waiting for GET /export",
        "waiting for GET /export, for 12 s so far",
    )
    (trouble,) = found(state="stopping", workers=[worker(busy("/export", 12), busy("/b", 1), busy("/c", 1))])
    assert trouble.text.endswith(", and for 2 other routes")


def test_routes_are_paths_without_numbers_and_ids() -> None:
    assert route_of("GET", f"/user/17/order/{ID}") == "GET /user/*/order/*"
    assert route_of("GET", "/2fa/setup") == "GET /2fa/setup"
    routes = busy_routes([worker(busy("/b", 1), busy("/a/1", 1), busy("/a/2", 2))])
    assert [(route.route, route.threads, route.longest_s) for route in routes] == [
        ("GET /a/*", 2, 2),
        ("GET /b", 1, 1),
    ]
