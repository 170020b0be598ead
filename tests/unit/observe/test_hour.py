"""The last hour: steps of ten seconds in bounded memory, which a restart of the process survives."""

from __future__ import annotations

from pathlib import Path

import pytest

from enuf.model.snapshot import Point
from enuf.model.stack_events import ReloadAccepted
from enuf.model.unit_events import UnitReady
from enuf.observe.live.generation_shares import AppAnswer
from enuf.observe.live.hour import HourRecorder
from enuf.observe.live.missed import MOST_STEPS, MissedRequests
from enuf.observe.live.window import Tally
from enuf.observe.logs.generations import AppVersions
from enuf.syntax.access_log import AccessRecord


@pytest.fixture
def versions() -> AppVersions:
    """Two versions, of which the second one serves from second 1040 on."""
    found = AppVersions()
    found.read([UnitReady("g1", at=1.0), UnitReady("g2", at=1040.0), ReloadAccepted(2, at=1040.1)])
    return found


def record(
    hour: HourRecorder,
    versions: AppVersions,
    at: float,
    *times_s: float,
    status: int = 200,
    busy: int = 0,
    queued: int = 0,
) -> None:
    """Record the sample of one second, in which requests took these times."""
    tally = Tally(at, 1.0)
    tally.add(AccessRecord(at, "", "GET / HTTP/1.1", status, 9, each, each, None, "") for each in times_s)
    point = Point(
        at=at,
        rates=tally.rates,
        latency=tally.latency,
        busy=busy,
        slots=4,
        queued=queued,
        cpu=0.5,
        memory_bytes=int(at),
    )
    hour.add(point, tally, [AppAnswer(at - each, each, status) for each in times_s], versions)


def test_ten_seconds_become_one_point_of_all_their_requests(versions: AppVersions) -> None:
    hour = HourRecorder(None)
    for second in range(10):
        record(hour, versions, 1000.0 + second, *[0.1] * 9, 2.0, busy=second % 2, queued=second)
    (point,) = hour.past().points
    assert (point.at, point.rates.total, point.rates.s2xx, point.memory_bytes) == (1009.0, 10.0, 10.0, 1009)
    assert point.latency.p50_s == pytest.approx(0.1, rel=0.05)
    assert point.latency.p95_s == pytest.approx(2.0, rel=0.05)
    assert (point.busy, point.slots, point.queued, point.cpu) == (0.5, 4, 9, 0.5)


def test_an_hour_is_kept_and_no_more_however_long_it_runs(tmp_path: Path, versions: AppVersions) -> None:
    hour = HourRecorder(tmp_path / "history")
    for second in range(3 * 3600):
        record(hour, versions, 1000.0 + second)
    points = hour.past().points
    assert len(points) == MOST_STEPS
    assert points[-1].at - points[0].at == 3590
    assert len((tmp_path / "history").read_bytes().splitlines()) <= 2 * MOST_STEPS
    assert len(HourRecorder(tmp_path / "history").past().points) == MOST_STEPS


def test_what_a_killed_process_has_recorded_is_there_in_the_next_one(
    tmp_path: Path, versions: AppVersions
) -> None:
    file = tmp_path / "history"
    first = HourRecorder(file)
    for second in range(25):
        record(first, versions, 1000.0 + second, 0.2)
    assert file.stat().st_mode & 0o777 == 0o600
    file.write_bytes(file.read_bytes() + b'{"seconds": 1')  # the process was killed while it wrote
    for _ in range(2):
        second_run = HourRecorder(file)
        assert second_run.past().points == first.past().points
        assert {version.generation for version in second_run.known_versions} == {1}
    for second in range(40, 50):
        record(second_run, versions, 1000.0 + second, 0.2)
    assert [point.at for point in HourRecorder(file).past().points] == [1009.0, 1019.0, 1049.0]


def test_generations_are_compared_across_a_restart_of_the_process(
    tmp_path: Path, versions: AppVersions
) -> None:
    first = HourRecorder(tmp_path / "history")
    for second in range(40):
        record(first, versions, 1000.0 + second, 0.4, 0.4)
    first.finish_step()
    hour = HourRecorder(tmp_path / "history")
    record(hour, versions, 1041.0, 2.0)  # it was passed on to the old generation, and ended after the reload
    for second in range(42, 47):
        record(hour, versions, 1000.0 + second, 0.1, 0.1)
    new, old = hour.generations(versions.latest, now=1050.0)
    assert (new.generation, new.requests, new.seconds, new.per_s) == (2, 10, 10.0, 1.0)
    assert (old.generation, old.requests) == (1, 81)
    assert 40.0 <= old.seconds <= 42.0
    assert new.p95_s == pytest.approx(0.1, rel=0.05)
    assert old.p50_s == pytest.approx(0.4, rel=0.05)


def test_a_step_has_no_hole_in_it_and_time_goes_on_after_the_clock_was_set_back(
    versions: AppVersions,
) -> None:
    hour = HourRecorder(None)
    for at in (1000.0, 1001.0, 1500.0, 1501.0):
        record(hour, versions, at)
    hour.finish_step()
    assert [point.at for point in hour.past().points] == [1001.0, 1501.0]
    record(hour, versions, 1100.0)
    hour.finish_step()
    assert [point.at for point in hour.past().points] == [1001.0, 1100.0]


@pytest.mark.parametrize(
    "content", [b"", b"\x00\xff\n{}\n[]\n", b'{"seconds": "x", "point": {}}\n', b"[" * 9000]
)
def test_a_file_that_is_no_history_is_begun_anew(
    tmp_path: Path, versions: AppVersions, content: bytes
) -> None:
    file = tmp_path / "history"
    file.write_bytes(content)
    hour = HourRecorder(file)
    assert hour.past().points == ()
    record(hour, versions, 1000.0)
    hour.finish_step()
    assert len(HourRecorder(file).past().points) == 1


def test_a_history_that_is_a_link_or_cannot_be_written_disturbs_nobody(
    tmp_path: Path, versions: AppVersions
) -> None:
    other = tmp_path / "other"
    other.write_text("precious")
    (tmp_path / "history").symlink_to(other)
    for file in (tmp_path / "history", tmp_path / "no-folder" / "history"):
        hour = HourRecorder(file)
        record(hour, versions, 1000.0)
        hour.finish_step()
        assert len(hour.past().points) == 1
    assert other.read_text() == "precious"


def test_an_unknown_version_counts_in_the_hour_and_in_no_generation() -> None:
    hour = HourRecorder(None)
    record(hour, AppVersions(), 1000.0, 0.1)
    hour.finish_step()
    assert hour.past().points[0].rates.total == 1.0
    assert hour.generations((), 1001.0) == ()


def test_what_ended_while_nobody_looked_is_in_the_steps_in_which_it_ended(
    tmp_path: Path, versions: AppVersions
) -> None:
    file = tmp_path / "history"
    first = HourRecorder(file)
    for second in range(10):
        record(first, versions, 1000.0 + second)
    ends = (1012.0, 1035.0, 1036.0, 1047.0)
    missed = MissedRequests(1009.0)
    missed.add((AccessRecord(at, "", "GET / HTTP/1.1", 200, 9, 0.1, 0.1, None, "") for at in ends), 1055.0)
    hour = HourRecorder(file)
    hour.fill(missed, [AppAnswer(at - 0.1, 0.1, 500) for at in ends], versions, 1055.0)
    points = hour.past().points
    assert [point.at for point in points] == [1009.0, 1010.0, 1020.0, 1030.0, 1040.0, 1050.0, 1055.0]
    assert [round(point.rates.total * 10) for point in points[2:]] == [1, 0, 2, 1, 0]
    assert (points[2].busy, points[2].memory_bytes, points[2].queued) == (None, 0, None)
    figures = {
        each.generation: (each.requests, each.failed) for each in hour.generations(versions.latest, 1060.0)
    }
    assert figures == {1: (3, 3), 2: (1, 1)}
    # The next samples go on from there, in this process and in the next one.
    for second in range(11):
        record(hour, versions, 1056.0 + second)
    assert [point.at for point in HourRecorder(file).past().points][-2:] == [1055.0, 1065.0]


def test_a_day_without_a_visitor_fills_one_hour(versions: AppVersions) -> None:
    hour = HourRecorder(None)
    missed = MissedRequests(1000.0)
    missed.add([AccessRecord(2000.0, "", "GET / HTTP/1.1", 200, 9, 0.1, 0.1, None, "")], 90_000.0)
    hour.fill(missed, [], versions, 90_000.0)
    points = hour.past().points
    assert len(points) == MOST_STEPS
    assert not sum(point.rates.total for point in points)
