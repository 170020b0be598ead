"""The workers of a server, as `enuf status` shows them."""

from __future__ import annotations

from typing import Any

import msgspec
import psutil

from enuf.inspect.uwsgi_stats import WorkerStats, read_stats
from enuf.model.address import UnixAddress
from enuf.observe.live.worker_threads import worker_status


class Worker(msgspec.Struct, frozen=True):
    """One worker process."""

    id: int
    pid: int
    status: str
    requests: int | None
    rss_bytes: int
    busy: int = 0
    """Threads that work on a request."""
    slots: int = 1


def read_workers(stats_socket: str) -> list[Worker]:
    """The workers of a uWSGI, from its statistics socket; empty when it does not answer with statistics."""
    stats = read_stats(UnixAddress(stats_socket))
    return [_worker(worker) for worker in stats.workers if worker.pid > 0] if stats else []


def _worker(worker: WorkerStats) -> Worker:
    busy = sum(1 for core in worker.cores if core.in_request)
    status, rss_bytes = worker_status(worker), resident_bytes(worker.pid)
    return Worker(worker.id, worker.pid, status, worker.requests, rss_bytes, busy, len(worker.cores))


def child_workers(pid: int) -> list[Worker]:
    """The child processes of a server that has no statistics: what they do, and how much they have done, is not known."""
    try:
        children = psutil.Process(pid).children()
    except psutil.Error:
        return []
    return [
        Worker(number, child.pid, "unknown", None, resident_bytes(child.pid))
        for number, child in enumerate(children, 1)
    ]


def resident_bytes(pid: int) -> int:
    """Memory of the process in RAM; 0 when it is gone."""
    try:
        return int(psutil.Process(pid).memory_info().rss)
    except psutil.Error:
        return 0


def as_json(workers: list[Worker]) -> list[dict[str, Any]]:
    """The workers as the contract writes them."""
    named = ("id", "pid", "status", "requests", "rss_bytes")
    return [{name: getattr(worker, name) for name in named} for worker in workers]
