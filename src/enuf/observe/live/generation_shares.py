"""The answers of each version of the app, and the versions compared."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from enuf.model.snapshot import GenerationFigures
from enuf.observe.live.window import LogHistogram
from enuf.observe.logs.generations import AppVersion

COMPARED_S = 600.0
"""The last seconds in which a version served are compared."""
MOST_COMPARED = 4


class AppAnswer(msgspec.Struct, frozen=True):
    """One answer of the app."""

    passed_at: float
    """When the front passed the request on."""
    total_s: float
    status: int

    @property
    def ended_at(self) -> float:
        """When the visitor had the whole answer."""
        return self.passed_at + self.total_s


class GenerationShare(msgspec.Struct, frozen=True):
    """The answers of one version of the app in one step of time."""

    version: AppVersion
    failed: int
    rejected: int
    durations: dict[int, int]
    """Answers by the steps of LogHistogram."""


class ShareCounter:
    """A counter of the answers of one version."""

    def __init__(self) -> None:
        self.failed = self.rejected = 0
        self.durations = LogHistogram()

    def add(self, answer: AppAnswer) -> None:
        """Count an answer."""
        self.failed += answer.status >= 500
        self.rejected += 400 <= answer.status < 500
        self.durations.add(answer.total_s)

    def merge(self, share: GenerationShare) -> None:
        """Add the answers of a share."""
        self.failed += share.failed
        self.rejected += share.rejected
        self.durations.merge(LogHistogram(share.durations))

    def share(self, version: AppVersion) -> GenerationShare:
        """Return the answers so far as the share of a version."""
        return GenerationShare(version, self.failed, self.rejected, dict(self.durations.counts))


def compared(
    versions: Sequence[AppVersion],
    steps: Iterable[tuple[float, Mapping[AppVersion, GenerationShare]]],
    watched_since: float,
    now: float,
) -> tuple[GenerationFigures, ...]:
    """Return the figures of the versions, newest first; none while there is one version.

    `steps` are the ends of steps of time with their shares; nothing is known of the time before
    `watched_since`.
    """
    ends = [*(version.since for version in versions[1:]), now]
    counters = {version: ShareCounter() for version in versions}
    begins = {
        version: max(version.since, end - COMPARED_S, watched_since)
        for version, end in zip(versions, ends, strict=True)
    }
    for ended_at, shares in steps:
        for version, share in shares.items():
            if version in counters and ended_at > begins[version]:
                counters[version].merge(share)
    figures = [
        _figures(version, begins[version], end, is_last=end == now, counter=counters[version])
        for version, end in zip(versions, ends, strict=True)
        if counters[version].durations.total or end == now
    ]
    return tuple(figures[: -MOST_COMPARED - 1 : -1]) if len(figures) > 1 else ()


def _figures(
    version: AppVersion, begin: float, end: float, *, is_last: bool, counter: ShareCounter
) -> GenerationFigures:
    seconds = max(1.0, end - begin)
    durations = counter.durations
    return GenerationFigures(
        generation=version.generation,
        since=version.since,
        until=None if is_last else end,
        seconds=round(seconds, 1),
        requests=durations.total,
        per_s=round(durations.total / seconds, 4),
        p50_s=durations.percentile(0.5),
        p95_s=durations.percentile(0.95),
        failed=counter.failed,
        rejected=counter.rejected,
    )
