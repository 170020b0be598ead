"""Memory and CPU usage of processes."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable
from pathlib import Path

import msgspec
import psutil

from enuf.model.snapshot import Process

PSS_EVERY_S = 10.0
CHILDREN_EVERY_S = 5.0
MB = 2**20


class Usage(msgspec.Struct, frozen=True):
    """Memory and CPU usage of one process."""

    rss_bytes: int
    pss_bytes: int | None
    cpu: float | None
    """CPU cores in use since the measurement before; None at the first measurement."""


class _Known:
    """A measured process with its last figures."""

    def __init__(self, pid: int) -> None:
        self.process = psutil.Process(pid)
        self.cpu_s: float | None = None
        self.measured_at = 0.0
        self.pss_bytes: int | None = None
        self.pss_at = float("-inf")


class ProcessUsage:
    """A meter of processes by pid, which keeps the last figures of each."""

    def __init__(self) -> None:
        self._known: dict[int, _Known] = {}
        self._parents: dict[int, int] = {}
        """The parent of every process of the host."""
        self._parents_at = float("-inf")

    def measure(self, pids: set[int]) -> dict[int, Usage]:
        """Measure processes by pid, and forget all others. Processes that have ended are left out."""
        usage = {}
        for pid in pids:
            try:
                known = self._known.get(pid) or _Known(pid)
                if not known.process.is_running():
                    known = _Known(pid)
                usage[pid] = _measured(known)
                self._known[pid] = known
            except psutil.Error:
                continue
        self._known = {pid: self._known[pid] for pid in usage}
        return usage

    def children(self, pid: int) -> list[int]:
        """Return the child processes of a process, as of at most CHILDREN_EVERY_S ago.

        Finding them reads every process of the host, once for all whose children are asked for.
        """
        now = time.monotonic()
        is_new = pid not in self._parents and psutil.pid_exists(pid)
        if is_new or now - self._parents_at >= CHILDREN_EVERY_S:
            self._parents = {each.pid: each.info["ppid"] for each in psutil.process_iter(["ppid"])}
            self._parents_at = now
        return [child for child, parent in self._parents.items() if parent == pid]


def _measured(known: _Known) -> Usage:
    """Measure one process, and remember its CPU time. Raise psutil.Error if it has ended."""
    now = time.monotonic()
    with known.process.oneshot():
        times = known.process.cpu_times()
        rss_bytes = known.process.memory_info().rss
    cpu_s, cpu = times.user + times.system, None
    if known.cpu_s is not None and now > known.measured_at:
        cpu = round(max(0.0, cpu_s - known.cpu_s) / (now - known.measured_at), 3)
    known.cpu_s, known.measured_at = cpu_s, now
    if now - known.pss_at >= PSS_EVERY_S:
        known.pss_bytes, known.pss_at = proportional_bytes(known.process.pid), now
    return Usage(int(rss_bytes), known.pss_bytes, cpu)


def memory_of(units: Iterable[Process]) -> int:
    """Return the memory of all processes together in bytes.

    Shared memory is counted once where the system measures it.
    """
    return sum(unit.rss_bytes if unit.pss_bytes is None else unit.pss_bytes for unit in units)


def memory_text(rss_bytes: int, pss_bytes: int | None) -> str:
    """Return the memory of a process with its measure: `11 MB PSS`, where shared memory counts in part, else `26 MB RSS`.

    Empty where it is not known.
    """
    if not rss_bytes:
        return ""
    size_bytes, measure = (rss_bytes, "RSS") if pss_bytes is None else (pss_bytes, "PSS")
    return f"{size_bytes / MB:.0f} MB {measure}"


def proportional_bytes(pid: int) -> int | None:
    """Return the proportional set size of a process in bytes: shared memory counts in part.

    Return None where the system does not say: on macOS, and for the processes of other users.
    """
    if sys.platform != "linux":
        return None
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return None
    for line in text.splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024
    return None
