"""The times of scheduled commands: in the future, as crontab means them, over changes of the clock, and none is left out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from enuf.model.beside import ScheduledJob
from enuf.run.beside.times import MOST_COUNTED, next_due, passed
from tests.support.examples import examples

ZONES = [
    ZoneInfo(name)
    for name in ("UTC", "Asia/Seoul", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe")
]
SECONDS = st.floats(1_600_000_000, 2_000_000_000)


def job(cron: str = "", every_s: float = 0.0) -> ScheduledJob:
    return ScheduledJob(name="j", command="x", stop_within_s=10, log="/x", cron=cron, every_s=every_s)


@st.composite
def crons(draw: st.DrawFn) -> str:
    minute = draw(st.sampled_from(["*", "*/7", "0", "5,35", "10-20/3", "59"]))
    hour = draw(st.sampled_from(["*", "*/5", "2", "3", "0,12", "9-17"]))
    day = draw(st.sampled_from(["*", "1", "31", "*/2", "10-12"]))
    month = draw(st.sampled_from(["*", "1", "3,10", "*/4"]))
    weekday = draw(st.sampled_from(["*", "0", "7", "1-5", "MON,WED"]))
    return f"{minute} {hour} {day} {month} {weekday}"


@settings(max_examples=examples(200), deadline=None)
@given(crons(), SECONDS, st.sampled_from(ZONES))
def test_the_next_time_is_the_first_after_now(cron: str, now: float, zone: ZoneInfo) -> None:
    due = next_due(job(cron), now, zone)
    assert due > now - 1
    assert due % 60 == 0
    # computed from any moment in between it is that time, too
    assert next_due(job(cron), (now + due) / 2, zone) <= due


@settings(max_examples=examples(100), deadline=None)
@given(SECONDS, st.sampled_from(ZONES), st.integers(0, 23), st.integers(0, 59))
def test_a_daily_time_comes_once_on_each_day(now: float, zone: ZoneInfo, hour: int, minute: int) -> None:
    daily, days = job(f"{minute} {hour} * * *"), []
    at = now
    for _ in range(400):
        at = next_due(daily, at, zone)
        days.append(datetime.fromtimestamp(at, zone).date())
    assert days == [days[0] + timedelta(days=number) for number in range(400)]


@pytest.mark.parametrize(
    ("cron", "after", "times"),
    [
        # clocks go forward in Berlin, 2 to 3 o'clock: right after the hour that is left out
        ("30 2 * * *", "2027-03-27T12:00", ["2027-03-28T03:00+02:00", "2027-03-29T02:30+02:00"]),
        # and back, 3 to 2 o'clock: once
        ("30 2 * * *", "2027-10-30T12:00", ["2027-10-31T02:30+02:00", "2027-11-01T02:30+01:00"]),
        ("0 * * * *", "2027-10-31T01:30", ["2027-10-31T02:00+02:00", "2027-10-31T02:00+01:00", "2027-10-31T03:00+01:00"]),
    ],
)  # fmt: skip
def test_changes_of_the_clock(cron: str, after: str, times: list[str]) -> None:
    zone = ZoneInfo("Europe/Berlin")
    at, found = datetime.fromisoformat(after).replace(tzinfo=zone).timestamp(), []
    for _ in times:
        at = next_due(job(cron), at, zone)
        found.append(datetime.fromtimestamp(at, zone).isoformat(timespec="minutes"))
    assert found == times


@settings(max_examples=examples(100), deadline=None)
@given(SECONDS, st.floats(1, 10_000), st.floats(0, 1_000_000))
def test_passed_intervals_are_counted_and_the_next_one_keeps_the_beat(
    due: float, every_s: float, later: float
) -> None:
    count, following = passed(job(every_s=every_s), due, due + later, UTC)
    assert following > due + later
    assert following - every_s <= due + later + 0.001
    assert abs(count - min(MOST_COUNTED, int(later // every_s) + 1)) <= 1


def test_passed_times_of_crontab_are_counted_up_to_a_bound() -> None:
    due = datetime(2027, 1, 1, 3, tzinfo=UTC).timestamp()
    count, following = passed(job("0 3 * * *"), due, due + 3 * 86_400 + 60, UTC)
    assert (count, following) == (4, due + 4 * 86_400)
    count, following = passed(job("* * * * *"), due, due + 365 * 86_400, UTC)
    assert (count, following) == (MOST_COUNTED, due + 365 * 86_400 + 60)
    assert passed(job("0 3 * * *"), due, due - 5, UTC) == (0, due)
