"""How many processes and threads an app needs for a target: which point to measure next, and the choice.

A point is the most that is answered, and the latency at the target's rate. It is assumed that, with the same threads, more processes do not
serve worse; nothing is assumed about threads, because they help an app that waits and hinder one that computes.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

_LADDER = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64)
THREADS = (2, 1, 4, 8, 16)
"""Threads of a process in the order in which they are tried: the default first."""


class SlotTarget(msgspec.Struct, frozen=True, kw_only=True):
    """What the app is to reach."""

    rate: float
    """Requests per second."""
    p95_ms: float


class SlotCounts(msgspec.Struct, frozen=True, order=True):
    """A number of processes, and of threads in each of them."""

    processes: int
    threads: int

    def __str__(self) -> str:
        return f"{self.processes} x {self.threads}"


class SlotPoint(msgspec.Struct, frozen=True, kw_only=True):
    """What was measured with some processes and threads, at the rate of the target."""

    slots: SlotCounts
    rps: float
    """The most requests per second that are answered."""
    p95_ms: float | None
    memory_mb: float | None = None
    cpu_us_per_request: float | None = None
    failed: int = 0


def ladder_of(cores: int) -> tuple[int, ...]:
    """Return the numbers of processes that are worth trying on so many cores: up to four for each, and at least eight."""
    most = max(8, 4 * cores)
    return tuple(each for each in _LADDER if each <= most)


def meets(point: SlotPoint, target: SlotTarget) -> bool:
    """Return True if the point serves the rate within the latency, and fails no request."""
    in_time = point.p95_ms is not None and point.p95_ms <= target.p95_ms
    return in_time and not point.failed and point.rps >= target.rate


def next_slots(target: SlotTarget, ladder: Sequence[int], points: Sequence[SlotPoint]) -> SlotCounts | None:
    """Return what to measure next; None when the fewest processes that meet the target are known.

    Each number of threads is bisected for the fewest processes that suffice; it is given up after one measurement
    where it needs at least as many processes as another one.
    """
    known = {point.slots: meets(point, target) for point in points}
    fewer = tuple(sorted(ladder))
    for threads in THREADS:
        asked = _next_with(threads, fewer, known)
        if asked is not None:
            return asked
        enough = [each for each in fewer if known.get(SlotCounts(each, threads))]
        fewer = tuple(each for each in fewer if each < enough[0]) if enough else fewer
    return None


def _next_with(threads: int, ladder: Sequence[int], known: dict[SlotCounts, bool]) -> SlotCounts | None:
    """Return the next point of a bisection with these threads; None when the fewest processes are known.

    The most processes come first: where they do not suffice, fewer ones need not be measured.
    """
    met = [known.get(SlotCounts(each, threads)) for each in ladder]
    if True not in met:
        return SlotCounts(ladder[-1], threads) if ladder and met[-1] is None else None
    low = max((at + 1 for at, is_met in enumerate(met) if is_met is False), default=0)
    high = met.index(True)
    return SlotCounts(ladder[(low + high) // 2], threads) if low < high else None


def chosen(target: SlotTarget, points: Sequence[SlotPoint]) -> SlotPoint | None:
    """Return the point to write into the settings: of those that meet the target the one with the least memory.

    None where no point meets the target.
    """
    enough = [point for point in points if meets(point, target)]
    if any(point.memory_mb is None for point in enough):
        return min(enough, key=lambda point: point.slots)
    return min(enough, key=lambda point: (point.memory_mb, point.slots), default=None)


def nearest_point(target: SlotTarget, points: Sequence[SlotPoint]) -> SlotPoint | None:
    """Return the point that comes nearest to a target that none meets: few failures, then the rate, then the latency."""
    return min(
        points,
        key=lambda point: (
            point.failed,
            -min(point.rps, target.rate),
            float("inf") if point.p95_ms is None else point.p95_ms,
            point.slots,
        ),
        default=None,
    )


def settings_text(slots: SlotCounts) -> str:
    """Return the lines for enuf.toml."""
    return f"[serve]\nprocesses = {slots.processes}\nthreads = {slots.threads}"


def why_missed(target: SlotTarget, point: SlotPoint) -> str:
    """Return why a point does not meet the target; empty for one that does."""
    if point.failed:
        return f"{point.failed} requests failed"
    if point.rps < target.rate:
        return f"answers at most {point.rps:,.0f} requests per second"
    if point.p95_ms is None:
        return "the latency was not measured"
    return f"95 % within {point.p95_ms:.1f} ms" if point.p95_ms > target.p95_ms else ""


def why_out_of_reach(target: SlotTarget, points: Sequence[SlotPoint], cores: int) -> str:
    """Return what stands in the way of a target that no point meets."""
    costs = [each.cpu_us_per_request for each in points if each.cpu_us_per_request is not None]
    needed = min(costs, default=0.0) * target.rate / 1_000_000
    if needed > 0.9 * cores:
        return f"{target.rate:,.0f} requests per second need {needed:.1f} cores, and this machine has {cores}"
    return "more processes and threads do not help: the app waits for something else, such as a database or a lock"
