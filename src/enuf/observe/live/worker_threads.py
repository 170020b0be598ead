"""The threads of the workers and their requests, from uWSGI's statistics."""

from __future__ import annotations

import re
import time
from collections import OrderedDict
from collections.abc import Iterable

from msgspec.structs import replace

from enuf.inspect.tracebacker import read_stacks
from enuf.inspect.uwsgi_stats import CoreStats, Stats, WorkerStats, read_stats
from enuf.model.address import UnixAddress
from enuf.model.paths import StackPaths
from enuf.model.snapshot import Core, Worker, WorkerStatus
from enuf.observe.live.processes import Usage
from enuf.observe.logs.own_code import own_line

STACK_AFTER_S = 1.0
"""The stack of a thread is read after this time in one request, and then each time the request is twice as old.

uWSGI's tracebacker loses memory of the worker with each read, about 0.9 KB for each thread: a worker that is
asked every second, because of long streams for example, grows without end.
"""
READS_AT_ONCE, READS_AN_HOUR = 20, 60
"""So many reads a worker allows in a row, and as a rule."""
MOST_STACKS = 100
MOST_STACK_READS = 4
"""Workers whose stacks are read in one sample."""


class WorkerThreads:
    """A reader of a stack's workers, which keeps each request's first appearance and last stack."""

    def __init__(self, paths: StackPaths) -> None:
        self._paths = paths
        self._seen: dict[tuple[int, int, str], float] = {}
        self._read_at: dict[str, float] = {}
        """The age, in seconds, at which the stack of each slow request was read last, by request id."""
        self._allowed: dict[int, tuple[float, float]] = {}
        """How many reads each worker allows, and since when (monotonic, in s), by pid."""
        self.stacks: OrderedDict[str, str] = OrderedDict()
        """Stacks by request id, the newest last."""

    def read(self, generations: Iterable[int]) -> list[tuple[int, Stats]]:
        """Return (generation, statistics) of each generation whose stats server answers."""
        statistics = []
        for number in generations:
            stats = read_stats(UnixAddress(self._paths.statistics_of(number)))
            if stats is not None:
                statistics.append((number, stats))
        return statistics

    def workers(
        self, statistics: list[tuple[int, Stats]], usage: dict[int, Usage], now: float
    ) -> tuple[Worker, ...]:
        """Return the workers with their threads, from statistics and process usage."""
        self._remember(statistics, now)
        return tuple(
            self._worker(worker, number, usage.get(worker.pid), now)
            for number, stats in statistics
            for worker in stats.workers
        )

    def _remember(self, statistics: list[tuple[int, Stats]], now: float) -> None:
        running = {
            _key(worker.pid, core)
            for _, stats in statistics
            for worker in stats.workers
            for core in worker.cores
            if core.in_request
        }
        self._seen = {key: self._seen.get(key, now) for key in running}

    def _worker(self, worker: WorkerStats, generation: int, usage: Usage | None, now: float) -> Worker:
        cores = tuple(
            core_of(core, self._since_s(worker.pid, core, now) if core.in_request else None)
            for core in worker.cores
        )
        return worker_of(worker, generation, usage or _GONE, cores)

    def _since_s(self, pid: int, core: CoreStats, now: float) -> float:
        """Return the seconds that a thread has worked on its request.

        The figure is the larger of uWSGI's and our own.
        """
        since_s = now - self._seen.get(_key(pid, core), now)
        return max(since_s, reported_busy_s(core, now) or 0.0)

    def take_stacks(self, workers: tuple[Worker, ...]) -> None:
        """Read the stacks of the workers in which a request takes long and has become twice as old."""
        slow = {
            core.request_id: core.since_s
            for worker in workers
            for core in worker.cores
            if core.busy and core.request_id and core.since_s and core.since_s >= STACK_AFTER_S
        }
        self._read_at = {key: age for key, age in self._read_at.items() if key in slow}
        due = {key for key, age in slow.items() if age >= 2 * self._read_at.get(key, 0)}
        asked = [worker for worker in workers if any(core.request_id in due for core in worker.cores)]
        self._allowed = {each.pid: self._allowed[each.pid] for each in workers if each.pid in self._allowed}
        for worker in asked[:MOST_STACK_READS]:
            if not self._is_allowed(worker.pid):
                continue
            stacks = read_stacks(self._paths.tracebacker_of(worker.generation, worker.id))
            for core in worker.cores:
                if core.request_id in slow:
                    self._read_at[core.request_id] = slow[core.request_id]
                    if core.id in stacks:
                        self.stacks[core.request_id] = stacks[core.id]
                        self.stacks.move_to_end(core.request_id)
        while len(self.stacks) > MOST_STACKS:
            self.stacks.popitem(last=False)

    def located(self, workers: tuple[Worker, ...]) -> tuple[Worker, ...]:
        """Return the workers, each long request with the line of the project at which its stack was read last."""
        return tuple(
            replace(worker, cores=tuple(map(self._located, worker.cores)))
            if worker.status == "busy"
            else worker
            for worker in workers
        )

    def _located(self, core: Core) -> Core:
        stack = self.stacks.get(core.request_id) if core.request_id else None
        return replace(core, where=own_line(stack, self._paths.project)) if stack else core

    def _is_allowed(self, pid: int) -> bool:
        """Return True, and count the read, while the worker has not been asked too often."""
        now = time.monotonic()
        left, since = self._allowed.get(pid, (float(READS_AT_ONCE), now))
        left = min(READS_AT_ONCE, left + (now - since) * READS_AN_HOUR / 3600)
        self._allowed[pid] = (left - 1 if left >= 1 else left, now)
        return left >= 1


def _key(pid: int, core: CoreStats) -> tuple[int, int, str]:
    """Return a key that identifies a request in a thread."""
    _, path, request_id = core.request
    return pid, core.id, request_id or path


_GONE = Usage(rss_bytes=0, pss_bytes=None, cpu=None)


def worker_of(worker: WorkerStats, generation: int, usage: Usage, cores: tuple[Core, ...]) -> Worker:
    """Return the worker of a snapshot."""
    return Worker(
        id=worker.id,
        pid=worker.pid,
        generation=generation,
        status=worker_status(worker),
        requests=worker.requests,
        rss_bytes=usage.rss_bytes,
        pss_bytes=usage.pss_bytes,
        cpu=usage.cpu,
        cores=cores,
    )


def core_of(core: CoreStats, since_s: float | None) -> Core:
    """Return the thread of a snapshot, with its request if it is busy."""
    if not core.in_request:
        return Core(id=core.id, busy=False, requests=core.requests)
    method, path, request_id = core.request
    return Core(
        id=core.id,
        busy=True,
        requests=core.requests,
        method=method,
        path=path,
        request_id=request_id,
        since_s=None if since_s is None else round(max(0.0, since_s), 1),
    )


def reported_busy_s(core: CoreStats, now: float) -> float | None:
    """Return how long a thread has worked on its request by uWSGI's clock; None if uWSGI does not say.

    uWSGI notes the start in whole seconds, so one second is subtracted: the figure is never too large.
    """
    start = core.req_info.request_start if core.req_info else 0
    return now - start - 1 if start else None


def worker_status(worker: WorkerStats) -> WorkerStatus:
    """Return the status of a worker as snapshots name it."""
    if any(core.in_request for core in worker.cores):
        return "busy"
    if re.match("cheap|pause", worker.status):
        return "cheap"
    if worker.pid <= 0:
        return "starting"
    return "busy" if worker.status == "busy" else "idle"
