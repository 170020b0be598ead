"""Sums over all requests since the stack began to serve, and the file that keeps them."""

from __future__ import annotations

import contextlib
from bisect import bisect_left
from collections.abc import Iterable
from pathlib import Path

import msgspec

from enuf.inspect.log_tail import Position
from enuf.syntax.access_log import AccessRecord
from enuf.system import files

BOUNDS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
LARGEST_FILE_BYTES = 2**20


class Histogram(msgspec.Struct):
    """Counts of durations by BOUNDS_S; the last count is of the durations above all bounds."""

    counts: list[int] = msgspec.field(default_factory=lambda: [0] * (len(BOUNDS_S) + 1))
    sum_s: float = 0.0

    def add(self, seconds: float) -> None:
        """Count a duration."""
        self.counts[bisect_left(BOUNDS_S, seconds)] += 1
        self.sum_s += seconds


class Totals(msgspec.Struct):
    """Sums over requests."""

    by_status: dict[str, int] = {}
    by_cache: dict[str, int] = {}
    """Requests at cached paths, by what the cache did."""
    by_limit: dict[str, int] = {}
    """Requests that the front answered 429, by the limit."""
    bytes: int = 0
    duration: Histogram = msgspec.field(default_factory=Histogram)
    wait: Histogram = msgspec.field(default_factory=Histogram)
    """Waits of the requests whose wait is known."""

    @property
    def requests(self) -> int:
        """Number of requests."""
        return sum(self.by_status.values())

    def add(self, requests: Iterable[AccessRecord]) -> None:
        """Count requests."""
        for one in requests:
            status = str(one.status)
            self.by_status[status] = self.by_status.get(status, 0) + 1
            for counts, name in ((self.by_cache, one.cache), (self.by_limit, one.limit)):
                if name:
                    counts[name] = counts.get(name, 0) + 1
            self.bytes += one.bytes
            if not one.changed_protocol:
                self.duration.add(one.total_s)
            if one.wait_s is not None:
                self.wait.add(one.wait_s)


class Checkpoint(msgspec.Struct):
    """Totals together with the positions in the log up to which they count."""

    totals: Totals = msgspec.field(default_factory=Totals)
    positions: tuple[Position, ...] = ()
    own: str = ""
    """Text that marks the log lines of enuf's own requests, which do not count."""


def write_checkpoint(path: Path, checkpoint: Checkpoint) -> None:
    """Write a checkpoint in one step. Raise OSError."""
    files.write_whole(path, msgspec.json.encode(checkpoint).decode(), 0o600, durable=False)


def read_checkpoint(path: Path) -> Checkpoint | None:
    """Read a checkpoint. Return None if there is none, or none that can be continued from."""
    with contextlib.suppress(OSError, msgspec.DecodeError, ValueError, RecursionError):
        data = files.read_regular(path, LARGEST_FILE_BYTES, follow=False)
        checkpoint = msgspec.json.decode(data, type=Checkpoint)
        histograms = (checkpoint.totals.duration, checkpoint.totals.wait)
        if all(len(each.counts) == len(BOUNDS_S) + 1 for each in histograms):
            return checkpoint
    return None
