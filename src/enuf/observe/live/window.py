"""Rates and percentiles of the last seconds, in bounded memory: histograms in place of lists."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Mapping

import msgspec

from enuf.model.snapshot import Latency, Rates, Window
from enuf.syntax.access_log import AccessRecord

SMALLEST_S, STEP = 0.0005, 1.08
"""A percentile is right within 4 %; durations below half a millisecond are one step."""
_LOG_STEP = math.log(STEP)
LASTS_S = 10.0


class LogHistogram:
    """Counts of durations by steps that grow with the duration."""

    def __init__(self, counts: Mapping[int, int] | None = None) -> None:
        self.counts: dict[int, int] = dict(counts or {})
        self.total = sum(self.counts.values())

    def add(self, seconds: float) -> None:
        """Count a duration."""
        step = 0 if seconds <= SMALLEST_S else 1 + int(math.log(seconds / SMALLEST_S) / _LOG_STEP)
        self.counts[step] = self.counts.get(step, 0) + 1
        self.total += 1

    def merge(self, other: LogHistogram) -> None:
        """Add the counts of another histogram."""
        for step, count in other.counts.items():
            self.counts[step] = self.counts.get(step, 0) + count
        self.total += other.total

    def percentile(self, share: float) -> float | None:
        """Return the duration that a share (0 to 1) of all does not exceed.

        Return None if the histogram is empty.
        """
        if not self.total:
            return None
        left = math.ceil(share * self.total)
        for step in sorted(self.counts):
            left -= self.counts[step]
            if left <= 0:
                return _middle(step)
        raise AssertionError("the counts add up to the total")


def _middle(step: int) -> float:
    return 0.0 if step == 0 else float(f"{SMALLEST_S * STEP ** (step - 0.5):.3g}")


class Tally:
    """The requests between two samples."""

    def __init__(self, ended_at: float = 0.0, seconds: float = 0.0) -> None:
        self.ended_at = ended_at
        self.seconds = seconds
        self.by_status: dict[int, int] = {}
        self.closed = 0
        """Answers that were the maintenance page: no errors, though their status is 503."""
        self.bytes = 0
        self.total, self.wait, self.app = LogHistogram(), LogHistogram(), LogHistogram()

    def add(self, requests: Iterable[AccessRecord]) -> None:
        """Count requests."""
        for one in requests:
            self.by_status[one.status] = self.by_status.get(one.status, 0) + 1
            self.closed += one.of_closed_site
            self.bytes += one.bytes
            if not one.changed_protocol:
                self.total.add(one.total_s)
            if one.wait_s is not None:
                self.wait.add(one.wait_s)
                self.app.add(one.app_s or 0.0)

    def merge(self, other: Tally) -> None:
        """Add the requests of another tally."""
        self.seconds += other.seconds
        self.closed += other.closed
        self.bytes += other.bytes
        for status, count in other.by_status.items():
            self.by_status[status] = self.by_status.get(status, 0) + count
        for mine, theirs in ((self.total, other.total), (self.wait, other.wait), (self.app, other.app)):
            mine.merge(theirs)

    @property
    def failed(self) -> int:
        """Answers 5xx, without the maintenance page."""
        return sum(count for status, count in self.by_status.items() if status >= 500) - self.closed

    @property
    def rates(self) -> Rates:
        """Answers per second, in all and by class of status."""
        if self.seconds <= 0:
            return Rates()
        classes = {f"s{digit}xx": 0 for digit in range(1, 6)}
        for status, count in self.by_status.items():
            if (name := f"s{status // 100}xx") in classes:
                classes[name] += count
        shown = {name: round(count / self.seconds, 2) for name, count in classes.items()}
        return msgspec.convert({"total": round(self.total.total / self.seconds, 2), **shown}, Rates)

    @property
    def latency(self) -> Latency:
        """Percentiles of the durations and of their parts."""
        total, wait, app = self.total.percentile, self.wait.percentile, self.app.percentile
        return Latency(
            p50_s=total(0.5), p95_s=total(0.95), p99_s=total(0.99),
            wait_p50_s=wait(0.5), wait_p95_s=wait(0.95), app_p50_s=app(0.5), app_p95_s=app(0.95),
        )  # fmt: skip


class SlidingWindow:
    """The tallies of the last seconds."""

    def __init__(self, lasts_s: float = LASTS_S) -> None:
        self._lasts_s = lasts_s
        self._tallies: deque[Tally] = deque()

    def add(self, tally: Tally) -> None:
        """Add a tally, and drop those that are too old."""
        self._tallies.append(tally)
        while len(self._tallies) > 1 and self._tallies[0].ended_at <= tally.ended_at - self._lasts_s:
            self._tallies.popleft()

    def window(self) -> Window | None:
        """Return all tallies as one window; None before the first tally."""
        if not self._tallies:
            return None
        whole = Tally()
        for tally in self._tallies:
            whole.merge(tally)
        return Window(
            seconds=round(whole.seconds, 3),
            requests=whole.total.total,
            rates=whole.rates,
            latency=whole.latency,
            bytes_per_s=round(whole.bytes / whole.seconds, 1) if whole.seconds > 0 else 0.0,
            failed=whole.failed,
            closed=whole.closed,
            by_status={str(status): count for status, count in sorted(whole.by_status.items())},
        )
