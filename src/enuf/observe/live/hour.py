"""The figures of the last hour in steps of ten seconds, in bounded memory and in a file."""

from __future__ import annotations

import contextlib
import os
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import msgspec
from msgspec.structs import replace

from enuf.model.snapshot import GenerationFigures, PastHour, Point
from enuf.observe.live.generation_shares import AppAnswer, GenerationShare, ShareCounter, compared
from enuf.observe.live.missed import MOST_STEPS, STEP_S, MissedRequests
from enuf.observe.live.window import Tally
from enuf.observe.logs.generations import AppVersion, AppVersions
from enuf.system import files

HOLE_S = 5.0
"""A step ends early where no sample was taken for this time: the process had ended, or the machine slept."""
MOST_SHARES = 4
LARGEST_FILE_BYTES = 8 * 2**20


class _Step(msgspec.Struct, frozen=True):
    """One step of the past."""

    seconds: float
    point: Point
    shares: tuple[GenerationShare, ...] = ()


class HourRecorder:
    """A recorder of the last hour.

    With a file it goes on from what an earlier process has recorded. Every finished step is appended, so a
    killed process loses one step at most.
    """

    def __init__(self, file: Path | None) -> None:
        """Read the file, which need not exist."""
        self._file = file
        self._steps: deque[_Step] = deque(_read(file) if file else (), maxlen=MOST_STEPS)
        self._appended = MOST_STEPS  # the first step replaces the file, whose last line may be incomplete
        self._samples: list[Point] = []
        self._tally = Tally()
        self._counters: dict[AppVersion, ShareCounter] = {}

    @property
    def known_versions(self) -> set[AppVersion]:
        """The versions of the app that have answered in the recorded steps."""
        return {share.version for step in self._steps for share in step.shares}

    def add(self, point: Point, tally: Tally, answers: Iterable[AppAnswer], versions: AppVersions) -> None:
        """Record a sample: its point, the tally that the point is of, and the answers of the app in it."""
        if self._samples and not 0 <= point.at - self._samples[-1].at < HOLE_S:
            self.finish_step()
        self._samples.append(point)
        self._tally.merge(tally)
        _count(self._counters, answers, versions)
        if self._tally.seconds >= STEP_S:
            self.finish_step()

    def fill(
        self, missed: MissedRequests, answers: Iterable[AppAnswer], versions: AppVersions, until: float
    ) -> None:
        """Record the steps up to `until` in which nobody took samples, with the answers of the app that ended in them."""
        waiting = deque(sorted(answers, key=lambda each: each.ended_at))
        begin = self._steps[-1].point.at if self._steps else 0.0
        for point in missed.points(begin, until):
            counters: dict[AppVersion, ShareCounter] = {}
            _count(counters, _ended_before(waiting, point.at), versions)
            self._keep(_Step(min(point.at - begin, STEP_S), point, _shares_of(counters)))
            begin = point.at

    def finish_step(self) -> None:
        """Record the samples since the last step as a step; none where there are none."""
        if not self._samples:
            return
        step = _Step(self._tally.seconds, _mean(self._samples, self._tally), _shares_of(self._counters))
        self._samples, self._tally, self._counters = [], Tally(), {}
        self._keep(step)

    def _keep(self, step: _Step) -> None:
        while self._steps and self._steps[-1].point.at >= step.point.at:  # the clock was set back
            self._steps.pop()
        self._steps.append(step)
        if self._file is not None:
            self._append(self._file, step)

    def past(self) -> PastHour:
        """Return the finished steps of the last hour."""
        points = [step.point for step in self._steps]
        earliest = points[-1].at - MOST_STEPS * STEP_S if points else 0.0
        return PastHour(step_s=STEP_S, points=tuple(point for point in points if point.at >= earliest))

    def generations(self, versions: Sequence[AppVersion], now: float) -> tuple[GenerationFigures, ...]:
        """Return the figures of the versions of the app, newest first; none while there is one version."""
        if len(versions) < 2:
            return ()
        oldest = self._steps[0] if self._steps else None
        watched_since = oldest.point.at - oldest.seconds if oldest else now - self._tally.seconds
        return compared(versions, self._all_shares(now), watched_since, now)

    def _all_shares(self, now: float) -> Iterator[tuple[float, Mapping[AppVersion, GenerationShare]]]:
        for step in self._steps:
            yield step.point.at, {share.version: share for share in step.shares}
        yield now, {share.version: share for share in _shares_of(self._counters)}

    def _append(self, file: Path, step: _Step) -> None:
        """Append the step, or write all steps where the file has grown to twice their number."""
        with contextlib.suppress(OSError):  # the disk is full: the page shows what is in memory
            if self._appended >= MOST_STEPS:
                text = b"".join(_line(each) for each in self._steps).decode()
                files.write_whole(file, text, 0o600, durable=False)
                self._appended = 0
                return
            flags = os.O_WRONLY | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
            descriptor = os.open(file, flags)
            try:
                os.write(descriptor, _line(step))
            finally:
                os.close(descriptor)
            self._appended += 1


def _count(
    counters: dict[AppVersion, ShareCounter], answers: Iterable[AppAnswer], versions: AppVersions
) -> None:
    """Count answers for the versions that gave them."""
    for answer in answers:
        version = versions.at(answer.passed_at)
        if version is not None and (version in counters or len(counters) < MOST_SHARES):
            counters.setdefault(version, ShareCounter()).add(answer)


def _shares_of(counters: Mapping[AppVersion, ShareCounter]) -> tuple[GenerationShare, ...]:
    return tuple(counter.share(version) for version, counter in counters.items())


def _ended_before(waiting: deque[AppAnswer], moment: float) -> Iterator[AppAnswer]:
    """Yield the first answers, as far as they ended before a moment, and remove them."""
    while waiting and waiting[0].ended_at < moment:
        yield waiting.popleft()


def _line(step: _Step) -> bytes:
    return msgspec.json.encode(step) + b"\n"


def _read(file: Path) -> Iterator[_Step]:
    """Yield the steps of a file. Lines that are none are left out, and so is a file that cannot be read."""
    with contextlib.suppress(OSError):
        for line in files.read_regular(file, LARGEST_FILE_BYTES, follow=False).splitlines():
            with contextlib.suppress(msgspec.MsgspecError, ValueError, RecursionError):
                yield msgspec.json.decode(line, type=_Step)


def _mean(samples: Sequence[Point], tally: Tally) -> Point:
    """Return the samples as one point: rates and percentiles of all requests, means, and the longest queue."""
    busy = [point.busy for point in samples if point.busy is not None]
    cpu = [point.cpu for point in samples if point.cpu is not None]
    queued = [point.queued for point in samples if point.queued is not None]
    return replace(
        samples[-1],
        rates=tally.rates,
        latency=tally.latency,
        busy=round(sum(busy) / len(busy), 2) if busy else None,
        cpu=round(sum(cpu) / len(cpu), 3) if cpu else None,
        queued=max(queued, default=None),
    )
