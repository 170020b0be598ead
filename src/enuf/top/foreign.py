"""Snapshots of a uWSGI that enuf did not start, from its stats server alone."""

from __future__ import annotations

import os
import time
from collections import deque

from enuf.errors import AnswerIsNo
from enuf.inspect.kernel_queue import unix_backlog
from enuf.inspect.uwsgi_stats import Stats, WorkerStats, read_stats
from enuf.model.address import Address
from enuf.model.snapshot import (
    Backlog,
    Latency,
    Point,
    Process,
    Program,
    Rates,
    Snapshot,
    Window,
    Worker,
)
from enuf.observe.live.advice import AdviceInput, advice
from enuf.observe.live.processes import ProcessUsage, Usage, memory_of
from enuf.observe.live.worker_threads import core_of, reported_busy_s, worker_of

NO_TIMES = "uWSGI's statistics have no statuses and no percentiles: those are in the access log of the server in front of it"
MOST_POINTS = 600


class ForeignSampler:
    """A source of snapshots that reads a stats server."""

    def __init__(self, address: Address) -> None:
        self._address = address
        self._usage = ProcessUsage()
        self._history: deque[Point] = deque(maxlen=MOST_POINTS)
        self._before: tuple[float, dict[int, int]] | None = None

    def close(self) -> None:
        """Do nothing: no resource is held."""

    def sample(self) -> Snapshot:
        """Take a snapshot.

        Raise AnswerIsNo if the first one gets no statistics; later the state is `gone`.
        """
        now, stats = time.time(), read_stats(self._address)
        if stats is None:
            if not self._history:
                raise AnswerIsNo(
                    f"no statistics of a uWSGI at {self._address}",
                    "start uWSGI with the option `stats` (or `stats-http`) and run: enuf top --stats 127.0.0.1:1717",
                    slug="no-statistics",
                )
            return Snapshot(at=now, state="gone", history=tuple(self._history), notes=(NO_TIMES,))
        return self._snapshot(now, stats)

    def _snapshot(self, now: float, stats: Stats) -> Snapshot:
        window = self._window(now, stats)
        usage = self._usage.measure({worker.pid for worker in stats.workers if worker.pid > 0})
        workers = tuple(_worker(worker, now, usage.get(worker.pid)) for worker in stats.workers)
        cores = [core for worker in workers if worker.status != "cheap" for core in worker.cores]
        busy, backlog = sum(core.busy for core in cores), _backlog(stats)
        cpu = [worker.cpu for worker in workers if worker.cpu is not None]
        rates = window.rates if window else Rates()
        self._history.append(
            Point(at=now, rates=rates, latency=Latency(), busy=busy, slots=len(cores), queued=backlog.queued, cpu=sum(cpu) if cpu else None)
        )  # fmt: skip
        units = tuple(
            Process(unit="server", pid=pid, role="worker", rss_bytes=cost.rss_bytes, pss_bytes=cost.pss_bytes, cpu=cost.cpu)
            for pid, cost in usage.items()
        )  # fmt: skip
        threads = max((len(worker.cores) for worker in workers), default=0)
        evidence = AdviceInput(history=self._history, window=None, workers=workers, processes=len(workers), threads=threads, backlog=backlog, cpus=_cpus())  # fmt: skip
        return Snapshot(
            at=now,
            state="serving",
            url=str(self._address),
            server=Program(name="uwsgi", version=stats.version, origin="foreign", pid=stats.pid or None),
            processes=len(workers),
            threads=threads,
            busy=busy,
            slots=len(cores),
            window=window,
            history=tuple(self._history),
            workers=workers,
            units=units,
            memory_bytes=memory_of(units),
            backlog=backlog,
            advice=advice(evidence),
            notes=(NO_TIMES, *([backlog.note] if backlog.note else [])),
        )

    def _window(self, now: float, stats: Stats) -> Window | None:
        """Return the requests answered since the last snapshot. A new worker counts from its start."""
        counts = {worker.pid: worker.requests for worker in stats.workers if worker.pid > 0}
        before, self._before = self._before, (now, counts)
        if before is None or now <= before[0]:
            return None
        seconds = now - before[0]
        answered = sum(max(0, count - before[1].get(pid, 0)) for pid, count in counts.items())
        rates = Rates(total=round(answered / seconds, 2))
        return Window(seconds=round(seconds, 3), requests=answered, rates=rates, latency=Latency())


def _worker(worker: WorkerStats, now: float, measured: Usage | None) -> Worker:
    usage = measured or Usage(rss_bytes=max(0, worker.rss), pss_bytes=None, cpu=None)
    cores = tuple(core_of(core, reported_busy_s(core, now)) for core in worker.cores)
    return worker_of(worker, 0, usage, cores)


def _backlog(stats: Stats) -> Backlog:
    """Return the accept queue: uWSGI's figure for TCP, the kernel's for unix sockets.

    uWSGI's figure for unix sockets is always 0 (F197).
    """
    queued, limit, blind = 0, 0, False
    for socket in stats.sockets:
        if socket.name.startswith("/"):
            queue = unix_backlog(socket.name)
            blind |= queue is None
            queued, limit = queued + (queue[0] if queue else 0), limit + (queue[1] if queue else 0)
        else:
            queued, limit = queued + socket.queue, limit + socket.max_queue
    if blind or not stats.sockets:
        note = "how many connections wait on its unix socket cannot be seen from here"
        return Backlog(queued=None, limit=None, exact=False, note=note)
    return Backlog(queued=queued, limit=limit or None)


def _cpus() -> int:
    return os.cpu_count() or 1
