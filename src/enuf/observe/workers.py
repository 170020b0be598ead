"""What the workers are doing: uWSGI's statistics, and the kernel's view of their memory."""

from __future__ import annotations

import contextlib
import socket
from typing import Any

import msgspec
import psutil

STATS_LIMIT_BYTES = 16 * 2**20
WITHIN_S = 2.0


class Worker(msgspec.Struct, frozen=True):
    """One worker process."""

    id: int
    pid: int
    status: str
    requests: int
    rss_bytes: int


class _Core(msgspec.Struct):
    in_request: int = 0


class _StatsWorker(msgspec.Struct):
    id: int
    pid: int
    requests: int
    status: str = "idle"
    cores: list[_Core] = []


class _Stats(msgspec.Struct):
    workers: list[_StatsWorker] = []


def read_workers(stats_socket: str) -> list[Worker]:
    """The workers of a uWSGI, from its statistics socket; empty when it does not answer with statistics.

    The document holds the cookies of running requests (F187): only counts are taken out of it.
    """
    raw = _read(stats_socket)
    try:
        stats = msgspec.json.decode(raw, type=_Stats, strict=False)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return []
    return [_worker(worker) for worker in stats.workers if worker.pid > 0]


def _worker(worker: _StatsWorker) -> Worker:
    status = "busy" if any(core.in_request for core in worker.cores) else worker.status
    return Worker(worker.id, worker.pid, status, worker.requests, resident_bytes(worker.pid))


def _read(path: str) -> bytes:
    received = bytearray()
    with (
        contextlib.suppress(OSError),
        contextlib.closing(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)) as connection,
    ):
        connection.settimeout(WITHIN_S)
        connection.connect(path)
        while len(received) < STATS_LIMIT_BYTES and (chunk := connection.recv(65536)):
            received += chunk
    return bytes(received)


def child_workers(pid: int) -> list[Worker]:
    """The child processes of a server that has no statistics, as idle workers."""
    try:
        children = psutil.Process(pid).children()
    except psutil.Error:
        return []
    return [
        Worker(number, child.pid, "idle", 0, resident_bytes(child.pid))
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
    return [msgspec.structs.asdict(worker) for worker in workers]
