"""Which version of the app served from when on, and how each of them answered."""

from __future__ import annotations

from enuf.model.journal import JournalEvent
from enuf.model.stack_events import PhaseChanged, ReloadAccepted, ReloadRefused, StackStarted
from enuf.model.unit_events import UnitReady
from enuf.observe.live.generation_shares import COMPARED_S, AppAnswer, ShareCounter, compared
from enuf.observe.logs.generations import AppVersion, AppVersions

START: list[JournalEvent] = [
    StackStarted(1, "nginx-uwsgi", "app:app", "127.0.0.1:8000", at=100.0),
    UnitReady("g1", at=101.0),
    UnitReady("front", at=102.0),
    PhaseChanged("starting", "serving", at=103.0),
]
RELOAD: list[JournalEvent] = [UnitReady("g2", at=200.0), ReloadAccepted(2, at=200.5)]
FIRST, SECOND = AppVersion(101.0, 1), AppVersion(200.0, 2)


def versions(*events: JournalEvent, known: tuple[AppVersion, ...] = ()) -> AppVersions:
    found = AppVersions(known)
    for event in events:
        found.read([event])
    return found


def test_a_version_begins_when_its_generation_is_ready() -> None:
    found = versions(*START, *RELOAD)
    assert found.latest == (FIRST, SECOND)
    assert [found.at(moment) for moment in (100.9, 101.0, 199.9, 200.0, 900.0)] == [
        None, FIRST, FIRST, SECOND, SECOND,
    ]  # fmt: skip


def test_a_generation_that_died_and_was_started_again_is_the_version_that_it_was() -> None:
    assert versions(*START, UnitReady("g1", at=150.0), *RELOAD, UnitReady("g2", at=250.0)).latest == (
        FIRST,
        SECOND,
    )


def test_a_reload_in_place_begins_a_version_of_its_own() -> None:
    in_place: list[JournalEvent] = [UnitReady("g2", at=300.0), ReloadAccepted(2, at=300.5)]
    assert versions(*START, *RELOAD, *in_place).latest == (FIRST, SECOND, AppVersion(300.5, 2))
    assert versions(*START, ReloadAccepted(1, at=150.0)).latest == (FIRST, AppVersion(150.0, 1))


def test_a_refused_reload_and_the_stack_before_are_no_versions() -> None:
    refused = ReloadRefused("no", at=250.0)
    assert versions(*START, *RELOAD, refused).latest == (FIRST, SECOND)
    assert versions(UnitReady("g7", at=50.0), *START).latest == (FIRST,)


def test_known_versions_are_not_begun_again_by_what_is_read_of_the_journal() -> None:
    known = (FIRST, SECOND)
    assert versions(*START, *RELOAD, known=known).latest == known
    assert versions(*RELOAD, known=known).latest == known
    assert versions(RELOAD[1], UnitReady("g3", at=300.0), known=known).latest == (
        *known,
        AppVersion(300.0, 3),
    )


def shares(version: AppVersion, seconds: float, statuses: list[int]) -> ShareCounter:
    counter = ShareCounter()
    for status in statuses:
        counter.add(AppAnswer(version.since, seconds, status))
    return counter


def test_versions_are_compared_newest_first_each_over_the_time_in_which_it_served() -> None:
    steps = [
        (150.0, {FIRST: shares(FIRST, 0.1, [200] * 48 + [404, 500]).share(FIRST)}),
        (
            205.0,
            {
                FIRST: shares(FIRST, 3.0, [200]).share(FIRST),
                SECOND: shares(SECOND, 0.01, [200] * 25).share(SECOND),
            },
        ),
    ]
    new, old = compared((FIRST, SECOND), steps, watched_since=0.0, now=210.0)
    assert (new.generation, new.since, new.until, new.seconds, new.per_s) == (2, 200.0, None, 10.0, 2.5)
    assert (old.generation, old.until, old.seconds, old.requests) == (1, 200.0, 99.0, 51)
    assert (old.failed, old.rejected, new.failed) == (1, 1, 0)
    assert old.p50_s and new.p50_s and 0.09 < old.p50_s < 0.11 and 0.009 < new.p50_s < 0.011


def test_only_the_last_minutes_of_a_version_are_compared_and_only_what_was_seen_of_it() -> None:
    steps = [
        (1000.0, {FIRST: shares(FIRST, 9.0, [200] * 100).share(FIRST)}),
        (1990.0, {FIRST: shares(FIRST, 0.1, [200] * 10).share(FIRST)}),
    ]
    latest = AppVersion(2000.0, 2)
    figures = compared((FIRST, latest), steps, watched_since=0.0, now=2001.0)
    assert [(each.generation, each.requests, each.seconds) for each in figures] == [
        (2, 0, 1.0),
        (1, 10, COMPARED_S),
    ]
    watched_late = compared((FIRST, latest), steps, watched_since=1980.0, now=2001.0)
    assert watched_late[1].seconds == 20.0


def test_one_version_is_compared_with_nothing_and_one_without_answers_is_left_out() -> None:
    assert compared((FIRST,), [], watched_since=0.0, now=210.0) == ()
    assert compared((FIRST, SECOND), [], watched_since=0.0, now=210.0) == ()
