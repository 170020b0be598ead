"""A running stack, looked at again and again from outside: each look is a Snapshot.

It asks the supervisor, the server's statistics, the kernel and the logs. What does not answer is left out, and said. Memory is bounded:
sums, histograms and rings of fixed length.
"""

from __future__ import annotations

import copy
import os
import threading
import time
from collections import deque
from pathlib import Path
from typing import Any

import msgspec
import psutil
from msgspec.structs import replace

from enuf.errors import EnufError
from enuf.inspect.uwsgi_stats import Stats
from enuf.model.numbers import decimal
from enuf.model.paths import StackPaths
from enuf.model.snapshot import Backlog, Point, Process, Program, SlowRequest, Snapshot, Worker
from enuf.observe.live.backlog import app_backlog, unobservable_reason
from enuf.observe.live.processes import ProcessUsage, memory_of
from enuf.observe.live.requests import RequestCounter, slow_record
from enuf.observe.live.totals import Totals
from enuf.observe.live.window import Tally
from enuf.observe.live.worker_threads import WorkerThreads
from enuf.observe.logs.watcher import LogWatcher
from enuf.observe.views.advice import AdviceInput, advice
from enuf.system.event_log import EventLog
from enuf.system.orders import Order, give_order

ASK_WITHIN_S = 2.0
MOST_POINTS = 600


class Sampler:
    """Looks at one stack. Safe to be called from several threads: they take turns."""

    def __init__(self, paths: StackPaths, *, persist: bool = False) -> None:
        """`persist`: the totals are gone on with after a restart; for the one process that counts for the stack."""
        self._paths = paths
        self._turn = threading.Lock()
        self._requests = RequestCounter(paths, persist=persist)
        self._log_watcher = LogWatcher(Path(paths.log))
        self._threads = WorkerThreads(paths.runtime)
        self._usage = ProcessUsage()
        self._history: deque[Point] = deque(maxlen=MOST_POINTS)
        self._slow_log = EventLog(Path(paths.log) / "slow.log") if persist else None
        self._told: dict[str, Any] = {}
        self._latest: Snapshot | None = None
        self._cpus = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1

    def close(self) -> None:
        """Keep the totals, and look no more."""
        with self._turn:
            self._requests.close()
            self._log_watcher.close()

    def totals(self) -> Totals:
        """What was counted until this moment."""
        with self._turn:
            self._requests.count()
            self._requests.keep()
            return copy.deepcopy(self._requests.totals)

    def sample(self) -> Snapshot:
        """The stack now. Each call is a point of the history: make them at a steady pace."""
        with self._turn:
            self._latest = self._sample(time.time())
            return self._latest

    def latest(self, within_s: float) -> tuple[Snapshot, dict[str, int]]:
        """The last look, or a new one when that is older, with what the supervisor says at this moment; and how many
        reloads there were, by how they ended: `accepted`, `refused`.
        """
        with self._turn:
            if self._latest is None or time.time() - self._latest.at > within_s:
                self._latest = self._sample(time.time())
            elif self._ask():
                self._latest = replace(_as_told(self._latest, self._told), state=self._told["state"])
            return self._latest, dict(self._told.get("reloads") or {})

    def _sample(self, now: float) -> Snapshot:
        is_there = self._ask()
        told = self._told
        self._requests.count()
        self._requests.keep()
        self._log_watcher.poll()
        self._record_slow()
        looked = self._threads.read(_generations(told) if is_there else [])
        workers, units = self._processes(looked, told if is_there else {}, now)
        backlog = app_backlog(self._paths.runtime, told)
        tally, window = self._requests.look()
        point = _point(now, tally, workers, units, backlog)
        self._history.append(point)
        shown = Snapshot(
            at=now,
            state=told.get("state", "gone") if is_there else "gone",
            busy=point.busy,
            slots=point.slots,
            window=window if told.get("front") else None,
            history=tuple(self._history),
            workers=workers,
            units=units,
            memory_bytes=point.memory_bytes,
            backlog=backlog,
            events=tuple(self._log_watcher.events),
            slow=self._slow(),
            errors=tuple(self._log_watcher.errors),
            notes=self._notes(told, backlog),
            uptime_s=_uptime(told, now) if is_there else None,
        )
        shown = _as_told(shown, told)
        return replace(shown, advice=advice(self._evidence(shown)))

    def _ask(self) -> bool:
        """True when the supervisor has told how it is."""
        try:
            self._told = give_order(self._paths, Order("status"), timeout_s=ASK_WITHIN_S)
        except (EnufError, msgspec.MsgspecError, ValueError):
            return False
        return True

    def _processes(
        self, looked: list[tuple[int, Stats]], told: dict[str, Any], now: float
    ) -> tuple[tuple[Worker, ...], tuple[Process, ...]]:
        named = self._named(looked, told)
        usage = self._usage.measure(set(named))
        workers = self._threads.workers(looked, usage, now)
        self._threads.take_stacks(workers)
        units = tuple(
            Process(
                unit=unit,
                pid=pid,
                role=role,
                rss_bytes=usage[pid].rss_bytes,
                pss_bytes=usage[pid].pss_bytes,
                cpu=usage[pid].cpu,
            )
            for pid, (unit, role) in named.items()
            if pid in usage
        )
        return workers, units

    def _named(self, looked: list[tuple[int, Stats]], told: dict[str, Any]) -> dict[int, tuple[str, str]]:
        """Every process of the stack by its pid, with its unit and role."""
        found: dict[int, tuple[str, str]] = {}
        for unit in ("supervisor", "front", "server", "dashboard"):
            pid = (told.get(unit) or {}).get("pid")
            if pid:
                found[pid] = (unit, "master" if unit in ("front", "server") else "process")
                if unit in ("front", "server") and not (unit == "server" and looked):
                    found |= dict.fromkeys(self._usage.children(pid), (unit, "worker"))
        for _, stats in looked:
            found |= {stats.pid: ("server", "master")} if stats.pid else {}
            found |= {worker.pid: ("server", "worker") for worker in stats.workers if worker.pid > 0}
        return found

    def _slow(self) -> tuple[SlowRequest, ...]:
        """With the stacks that were seen, and with what the supervisor wrote about those that were ended."""
        ended = {one.id: "\n".join(one.stack) for one in self._log_watcher.hung}
        return tuple(
            replace(
                one, hung=one.id in ended, stack=ended.get(one.id) or self._threads.stacks.get(one.id, "")
            )
            for one in self._requests.slow
        )

    def _record_slow(self) -> None:
        """What was slow is written down, with the stack that was seen: a request's story can be told when we are gone."""
        if self._slow_log is not None:
            for one in self._requests.newly_slow():
                self._slow_log.write(slow_record(replace(one, stack=self._threads.stacks.get(one.id, ""))))

    def _notes(self, told: dict[str, Any], backlog: Backlog) -> tuple[str, ...]:
        notes = []
        if told and not told.get("front"):
            notes.append(
                f"topology {told.get('topology')} has no front, so requests are not counted or timed"
            )
        if self._requests.measures_wait is False and (why := unobservable_reason(told, "wait")):
            notes.append(why)
        return (*notes, *([backlog.note] if backlog.note and told else []))

    def _evidence(self, shown: Snapshot) -> AdviceInput:
        return AdviceInput(
            history=shown.history,
            window=shown.window,
            workers=shown.workers,
            processes=shown.processes,
            threads=shown.threads,
            backlog=shown.backlog,
            cpus=self._cpus,
            own_scale=any(worker.status == "cheap" for worker in shown.workers),
        )


def _point(
    now: float, tally: Tally, workers: tuple[Worker, ...], units: tuple[Process, ...], backlog: Backlog
) -> Point:
    busy, slots = _slots(workers)
    return Point(
        at=now,
        rates=tally.rates,
        latency=tally.latency,
        busy=busy,
        slots=slots,
        queued=backlog.queued,
        memory_bytes=memory_of(units),
        rss_bytes=sum(unit.rss_bytes for unit in units),
        cpu=_sum([worker.cpu for worker in workers]),
    )


def _as_told(shown: Snapshot, told: dict[str, Any]) -> Snapshot:
    """With what the supervisor knows."""
    if not told:
        return shown
    return replace(
        shown,
        reason=told["reason"],
        url=told["url"],
        topology=told["topology"],
        app=told["app"],
        generation=told["generation"],
        retiring=tuple(told["retiring"]),
        front=_program(told["front"]),
        server=_program(told["server"]),
        processes=told["server"]["processes"],
        threads=told["server"]["threads"],
        warnings=tuple(told["warnings"]),
    )


def _program(told: dict[str, Any] | None) -> Program | None:
    if not told:
        return None
    return Program(name=told["name"], version=told["version"] or "", origin=told["origin"], pid=told["pid"])


def _generations(told: dict[str, Any]) -> list[int]:
    keys = [f"g{told['generation']}", *told["retiring"]]
    numbers = (decimal(key[1:]) for key in dict.fromkeys(keys))
    return [number for number in numbers if number]


def _slots(workers: tuple[Worker, ...]) -> tuple[int | None, int | None]:
    cores = [core for worker in workers for core in worker.cores if worker.status != "cheap"]
    return (sum(core.busy for core in cores), len(cores)) if cores else (None, None)


def _sum(values: list[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return round(sum(known), 3) if known else None


def _uptime(told: dict[str, Any], now: float) -> float | None:
    try:
        return round(max(0.0, now - psutil.Process(told["supervisor"]["pid"]).create_time()), 1)
    except psutil.Error:
        return None
