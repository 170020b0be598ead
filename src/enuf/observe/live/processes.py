"""What processes cost: memory, and cores in use since the last look."""

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


class Usage(msgspec.Struct, frozen=True):
    """Of one process."""

    rss_bytes: int
    pss_bytes: int | None
    cpu: float | None
    """Cores in use; None at the first look."""


class _Known:
    def __init__(self, pid: int) -> None:
        self.process = psutil.Process(pid)
        self.cpu_s: float | None = None
        self.looked_at = 0.0
        self.pss_bytes: int | None = None
        self.pss_at = float("-inf")


class ProcessUsage:
    """Looks at processes by pid; forgets those that it was not asked for."""

    def __init__(self) -> None:
        self._known: dict[int, _Known] = {}
        self._children: dict[int, tuple[float, list[int]]] = {}

    def measure(self, pids: set[int]) -> dict[int, Usage]:
        """What they cost; a process that is gone is left out."""
        found = {}
        for pid in pids:
            try:
                known = self._known.get(pid) or _Known(pid)
                if not known.process.is_running():
                    known = _Known(pid)
                found[pid] = _measured(known)
                self._known[pid] = known
            except psutil.Error:
                continue
        self._known = {pid: self._known[pid] for pid in found}
        return found

    def children(self, pid: int) -> list[int]:
        """Its child processes, looked for now and then: that means reading about every process of the machine."""
        now = time.monotonic()
        looked_at, pids = self._children.get(pid, (float("-inf"), []))
        if now - looked_at < CHILDREN_EVERY_S:
            return pids
        try:
            pids = [child.pid for child in psutil.Process(pid).children()]
        except psutil.Error:
            pids = []
        self._children = {
            pid: (now, pids),
            **{key: value for key, value in self._children.items() if key != pid},
        }
        while len(self._children) > 8:
            self._children.popitem()
        return pids


def _measured(known: _Known) -> Usage:
    now = time.monotonic()
    with known.process.oneshot():
        times = known.process.cpu_times()
        rss_bytes = known.process.memory_info().rss
    cpu_s, cpu = times.user + times.system, None
    if known.cpu_s is not None and now > known.looked_at:
        cpu = round(max(0.0, cpu_s - known.cpu_s) / (now - known.looked_at), 3)
    known.cpu_s, known.looked_at = cpu_s, now
    if now - known.pss_at >= PSS_EVERY_S:
        known.pss_bytes, known.pss_at = proportional_bytes(known.process.pid), now
    return Usage(int(rss_bytes), known.pss_bytes, cpu)


def memory_of(units: Iterable[Process]) -> int:
    """Of all of them; what they share is counted once where the system tells."""
    return sum(unit.rss_bytes if unit.pss_bytes is None else unit.pss_bytes for unit in units)


def proportional_bytes(pid: int) -> int | None:
    """Its memory, what it shares with others counted in part; None where the system does not tell (macOS, another user's)."""
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
