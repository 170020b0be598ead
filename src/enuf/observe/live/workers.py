"""The workers of a server at one moment, also of a server without statistics."""

from __future__ import annotations

import time
from collections.abc import Iterable

import psutil
from msgspec.structs import replace

from enuf.inspect.tracebacker import read_stacks
from enuf.inspect.uwsgi_stats import read_stats
from enuf.model.address import UnixAddress
from enuf.model.paths import StackPaths
from enuf.model.snapshot import Core, Worker
from enuf.observe.live.busy_routes import LONG_S
from enuf.observe.live.processes import Usage, proportional_bytes
from enuf.observe.live.worker_threads import core_of, reported_busy_s, worker_of
from enuf.observe.logs.own_code import own_line

STACK_READS = 4
"""Workers whose stacks are read for one command."""


def read_workers(stats_socket: str, generation: int) -> tuple[Worker, ...]:
    """Return the worker processes of a uWSGI from its stats server; () if the server does not answer."""
    stats, now = read_stats(UnixAddress(stats_socket)), time.time()
    return tuple(
        worker_of(
            worker,
            generation,
            _usage(worker.pid, stats.pid if stats else 0),
            tuple(core_of(core, reported_busy_s(core, now)) for core in worker.cores),
        )
        for worker in (stats.workers if stats else ())
        if worker.pid > 0
    )


def with_places(paths: StackPaths, workers: tuple[Worker, ...]) -> tuple[Worker, ...]:
    """Return the workers, each request that takes LONG_S or more with the line of the project at which it stands."""
    held = [worker for worker in workers if any(map(_is_long, worker.cores))][:STACK_READS]
    return tuple(_located(paths, worker) if worker in held else worker for worker in workers)


def _is_long(core: Core) -> bool:
    return core.busy and (core.since_s or 0.0) >= LONG_S


def _located(paths: StackPaths, worker: Worker) -> Worker:
    stacks = read_stacks(paths.tracebacker_of(worker.generation, worker.id))
    cores = (
        replace(core, where=own_line(stacks.get(core.id, ""), paths.project)) if _is_long(core) else core
        for core in worker.cores
    )
    return replace(worker, cores=tuple(cores))


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
            rss_bytes=usage.rss_bytes,
            pss_bytes=usage.pss_bytes,
        )
        for number, child in enumerate(children, 1)
        for usage in (_usage(child.pid, pid),)
    )


def busy_threads(workers: Iterable[Worker]) -> tuple[int | None, int | None]:
    """Return the number of busy threads and of all threads; (None, None) if the server has no statistics."""
    cores = [core for worker in workers if worker.status != "cheap" for core in worker.cores]
    return (sum(core.busy for core in cores), len(cores)) if cores else (None, None)


def _usage(pid: int, parent: int) -> Usage:
    """Return the memory of a process; 0 if it has ended, or if it is another process.

    The pid belongs to another process where the server runs in a pid namespace of its own: the parent differs then.
    """
    try:
        process = psutil.Process(pid)
        if not parent or process.ppid() == parent:
            return Usage(int(process.memory_info().rss), proportional_bytes(pid), None)
    except psutil.Error:
        pass
    return Usage(rss_bytes=0, pss_bytes=None, cpu=None)
