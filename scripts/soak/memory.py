"""The memory of each kind of process during a run, and whether it stayed flat.

USS (what belongs to the process alone) decides; PSS (with its share of what is shared) is shown beside it. Processes
that live through the whole run are compared with themselves. Servers and workers, which each reload replaces, are
compared generation by generation, and the last generation, which lives long, with itself too.
The stack must run with `ONE_ARENA`: the arenas of malloc look like growth.
"""

from __future__ import annotations

import contextlib
import statistics
from collections.abc import Callable, Iterable, Sequence

import msgspec
import psutil

from enuf.model.status import StackStatus

LONG_LIVED = ("supervisor", "nginx master", "nginx worker", "dashboard")
REPLACED = ("uWSGI master", "uWSGI worker")
ONE_ARENA = {"MALLOC_ARENA_MAX": "1"}
"""glibc gives each thread an arena of its own, which grows by about 2 MiB when its thread first has much in hand,
whenever that is. Measured with one arena: a worker grows by 0.1 MiB in 50,000 requests; with several by 1.5 MiB."""
ALLOWED_MIB, ALLOWED_SHARE = 1.0, 0.05
"""Growth up to the larger of both is noise: of the allocator, and of what a process keeps for a while."""
FEWEST = 5
"""With fewer samples nothing is said about growth."""
_MIB = 1 << 20


class Sample(msgspec.Struct, frozen=True):
    """The mean memory of the processes of one kind, in MiB, after so many requests."""

    kind: str
    generation: int
    requests: int
    pss: float
    uss: float


def samples(status: StackStatus, requests: int) -> list[Sample]:
    """Return a sample of each kind of process of a running stack. A process that ends meanwhile is left out."""
    found = []
    for kind, pids in _pids(status).items():
        read = []
        for pid in pids:
            with contextlib.suppress(psutil.NoSuchProcess):
                read.append(psutil.Process(pid).memory_full_info())
        if read:
            found.append(
                Sample(
                    kind,
                    status.generation,
                    requests,
                    statistics.mean(each.pss for each in read) / _MIB,
                    statistics.mean(each.uss for each in read) / _MIB,
                )
            )
    return found


def _pids(status: StackStatus) -> dict[str, list[int]]:
    front, server, dashboard = status.front, status.server.pid, status.dashboard
    assert front
    assert front.pid
    assert server
    assert dashboard
    assert dashboard.pid
    return {
        "supervisor": [status.supervisor.pid],
        "nginx master": [front.pid],
        "nginx worker": _children(front.pid),
        "dashboard": [dashboard.pid],
        "uWSGI master": [server],
        "uWSGI worker": _children(server),
    }


def _children(pid: int) -> list[int]:
    return [child.pid for child in psutil.Process(pid).children()]


class Trend(msgspec.Struct, frozen=True):
    """How the memory of a kind of process went, in MiB."""

    what: str
    count: int
    """Samples that it rests on."""
    pss: tuple[float, float]
    """At the beginning and at the end: medians of the first and the last third."""
    uss: tuple[float, float]
    slope: float
    """USS, in KiB for each 100,000 requests."""

    @property
    def is_flat(self) -> bool:
        """True when the end is no larger than the beginning and the noise allow."""
        begin, end = self.uss
        return self.count >= FEWEST and end - begin <= max(ALLOWED_MIB, ALLOWED_SHARE * begin)

    def __str__(self) -> str:
        verdict = "yes" if self.is_flat else "NO" if self.count >= FEWEST else "too few samples"
        figures = " | ".join(f"{begin:.1f} → {end:.1f}" for begin, end in (self.uss, self.pss))
        return f"| {self.what} | {self.count} | {figures} | {self.slope:+.0f} | {verdict} |"


HEAD = (
    "| memory in MiB, first third → last third | samples | USS | PSS | USS slope, KiB per 100,000 requests | flat |\n"
    "|---|---|---|---|---|---|"
)


def trends(read: Sequence[Sample]) -> list[Trend]:
    """Return the trend of each kind of process. Samples of the warm-up, the first tenth, do not count."""
    last = max(sample.generation for sample in read)
    found = []
    for kind in LONG_LIVED:
        found.append(_trend(kind, _warm(_of(read, kind))))
    for kind in REPLACED:
        found.append(_trend(f"{kind}, from generation to generation", _by_generation(_of(read, kind), last)))
        own = [sample for sample in _of(read, kind) if sample.generation == last]
        found.append(_trend(f"{kind}, in the last generation", _warm(own)))
    return found


def _of(read: Iterable[Sample], kind: str) -> list[Sample]:
    return [sample for sample in read if sample.kind == kind]


def _warm(read: list[Sample]) -> list[Sample]:
    return read[-(-len(read) // 10) :]


def _by_generation(read: list[Sample], last: int) -> list[Sample]:
    """Return one sample for each generation but the last, which lives longer: its latest."""
    latest = {sample.generation: sample for sample in read if sample.generation != last}
    return list(latest.values())


def _trend(what: str, read: Sequence[Sample]) -> Trend:
    third = max(1, len(read) // 3)

    def ends(value: Callable[[Sample], float]) -> tuple[float, float]:
        parts = (read[:third], read[-third:])
        first, last = (statistics.median(map(value, part)) if part else 0.0 for part in parts)
        return first, last

    slope = 0.0
    if len({sample.requests for sample in read}) > 1:
        line = statistics.linear_regression(
            [sample.requests for sample in read], [sample.uss for sample in read]
        )
        slope = line.slope * 100_000 * 1024
    return Trend(what, len(read), ends(lambda sample: sample.pss), ends(lambda sample: sample.uss), slope)
