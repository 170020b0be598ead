"""What each thread of each worker is doing, from the server's statistics."""

from __future__ import annotations

import re
from collections import OrderedDict

from enuf.inspect.tracebacker import read_stacks
from enuf.inspect.uwsgi_stats import CoreStats, Stats, WorkerStats, read_stats
from enuf.model.address import UnixAddress
from enuf.model.snapshot import Core, Worker, WorkerStatus
from enuf.observe.live.processes import Usage

STACK_AFTER_S = 1.0
"""A thread that is busy with one request for so long is asked where its code is."""
MOST_STACKS = 100
MOST_ASKED = 4
"""Workers that are asked at one look."""


class WorkerThreads:
    """Looks at the generations of a stack; remembers when a request was first seen, and its latest stack."""

    def __init__(self, runtime: str) -> None:
        self._runtime = runtime
        self._seen: dict[tuple[int, int, str], float] = {}
        self.stacks: OrderedDict[str, str] = OrderedDict()
        """By the id of the request."""

    def read(self, generations: list[int]) -> list[tuple[int, Stats]]:
        """The statistics of these generations; those that do not answer are left out."""
        found = []
        for number in generations:
            stats = read_stats(UnixAddress(f"{self._runtime}/g{number}/stats"))
            if stats is not None:
                found.append((number, stats))
        return found

    def workers(
        self, looked: list[tuple[int, Stats]], usage: dict[int, Usage], now: float
    ) -> tuple[Worker, ...]:
        """The workers with their threads."""
        self._note(looked, now)
        return tuple(
            self._worker(worker, number, usage.get(worker.pid), now)
            for number, stats in looked
            for worker in stats.workers
        )

    def _note(self, looked: list[tuple[int, Stats]], now: float) -> None:
        running = {
            _key(worker.pid, core)
            for _, stats in looked
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
        """For how long the thread is busy: since we saw it, or since uWSGI says."""
        since_s = now - self._seen.get(_key(pid, core), now)
        return max(since_s, reported_busy_s(core, now) or 0.0)

    def take_stacks(self, workers: tuple[Worker, ...]) -> None:
        """Ask the workers in which a request takes long where their code is."""
        asked = 0
        for worker in workers:
            slow = {
                core.id: core for core in worker.cores if core.busy and (core.since_s or 0) >= STACK_AFTER_S
            }
            if not slow or asked >= MOST_ASKED:
                continue
            asked += 1
            stacks = read_stacks(f"{self._runtime}/g{worker.generation}/stack.{worker.id}")
            for number, core in slow.items():
                if core.request_id and number in stacks:
                    self.stacks[core.request_id] = stacks[number]
                    self.stacks.move_to_end(core.request_id)
        while len(self.stacks) > MOST_STACKS:
            self.stacks.popitem(last=False)


def _key(pid: int, core: CoreStats) -> tuple[int, int, str]:
    """What a thread works on, told from what it worked on before."""
    _, path, request_id = core.request
    return pid, core.id, request_id or path


_GONE = Usage(rss_bytes=0, pss_bytes=None, cpu=None)


def worker_of(worker: WorkerStats, generation: int, usage: Usage, cores: tuple[Core, ...]) -> Worker:
    """A worker as every view shows it."""
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
    """A thread as every view shows it: what it works on, and for how long."""
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
    """For how long the thread is busy by uWSGI's own clock, in whole seconds, cut off; None where it does not say."""
    start = core.req_info.request_start if core.req_info else 0
    return now - start - 1 if start else None


def worker_status(worker: WorkerStats) -> WorkerStatus:
    """In our words."""
    if any(core.in_request for core in worker.cores):
        return "busy"
    if re.match("cheap|pause", worker.status):
        return "cheap"
    if worker.pid <= 0:
        return "starting"
    return "busy" if worker.status == "busy" else "idle"
