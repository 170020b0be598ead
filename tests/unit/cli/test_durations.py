"""Times on the command line are read as people write them: some time ago, a clock, a date."""

from __future__ import annotations

import datetime as dt
import time

import click
import pytest

from enuf.cli.durations import point_in_time


def test_a_length_of_time_is_that_long_ago() -> None:
    assert point_in_time("10m") == pytest.approx(time.time() - 600, abs=60)


@pytest.mark.parametrize("text", ["9:04", "09:04", "23:59:59", "00:00", "0:00:01"])
def test_a_clock_is_the_latest_moment_at_which_it_showed_that(text: str) -> None:
    found = point_in_time(text)
    assert time.time() - 86_400 - 3600 < found <= time.time()
    shown = dt.datetime.fromtimestamp(found).astimezone()
    hours, minutes, *more = (int(part) for part in text.split(":"))
    assert (shown.hour, shown.minute, shown.second) == (hours, minutes, *(more or [0]))


@pytest.mark.parametrize("text", ["2026-11-28 09:04", "2026-11-28T09:04:00"])
def test_a_date_with_a_clock_is_local_time(text: str) -> None:
    assert point_in_time(text) == dt.datetime(2026, 11, 28, 9, 4).astimezone().timestamp()


@pytest.mark.parametrize("text", ["2026-13-01", "yesterday", "25:00", "10", "-5m", "", "2026-11-28 25:00"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(click.BadParameter):
        point_in_time(text)
