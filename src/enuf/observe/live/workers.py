"""The workers of a server at one moment, also of a server without statistics."""

from __future__ import annotations

from collections.abc import Iterable

import psutil

from enuf.inspect.uwsgi_stats import read_stats
from enuf.model.address import UnixAddress
from enuf.model.snapshot import Worker
from enuf.observe.live.processes import Usage
from enuf.observe.live.worker_threads import core_of, worker_of


def read_workers(stats_socket: str, generation: int) -> tuple[Worker, ...]:
    """Return the worker processes of a uWSGI from its stats server; () if the server does not answer."""
    stats = read_stats(UnixAddress(stats_socket))
    return tuple(
        worker_of(worker, generation, _usage(worker.pid), tuple(core_of(core, None) for core in worker.cores))
        for worker in (stats.workers if stats else ())
        if worker.pid > 0
    )


def child_workers(pid: int, generation: int) -> tuple[Worker, ...]:
    """Return the child processes of a server without statistics as workers of status `unknown`."""
    try:
        children = psutil.Process(pid).children()
    except psutil.Error:
        return ()
    return tuple(
        Worker(
            id=number,
            pid=child.pid,
            generation=generation,
            status="unknown",
            requests=None,
            rss_bytes=_usage(child.pid).rss_bytes,
        )
        for number, child in enumerate(children, 1)
    )


def busy_threads(workers: Iterable[Worker]) -> tuple[int | None, int | None]:
    """Return the number of busy threads and of all threads; (None, None) if the server has no statistics."""
    cores = [core for worker in workers if worker.status != "cheap" for core in worker.cores]
    return (sum(core.busy for core in cores), len(cores)) if cores else (None, None)


def _usage(pid: int) -> Usage:
    """Return the memory of a process; 0 if it has ended."""
    try:
        rss_bytes = int(psutil.Process(pid).memory_info().rss)
    except psutil.Error:
        rss_bytes = 0
    return Usage(rss_bytes=rss_bytes, pss_bytes=None, cpu=None)
