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

import psutil
from msgspec.structs import asdict, replace

from enuf.errors import EnufError
from enuf.inspect.uwsgi_stats import Stats
from enuf.model.paths import StackPaths
from enuf.model.protocol import StatusRequest
from enuf.model.snapshot import Backlog, Point, Process, Program, SlowRequest, Snapshot, Worker
from enuf.model.status import ProgramStatus, StackStatus
from enuf.observe.live.advice import AdviceInput, advice
from enuf.observe.live.backlog import app_backlog
from enuf.observe.live.processes import ProcessUsage, memory_of
from enuf.observe.live.requests import RequestCounter, slow_record
from enuf.observe.live.totals import Totals
from enuf.observe.live.window import Tally
from enuf.observe.live.worker_threads import WorkerThreads
from enuf.observe.logs.watcher import LogWatcher
from enuf.system.control_client import send_request
from enuf.system.event_log import EventLog

ASK_WITHIN_S = 2.0
MOST_POINTS = 600
UNKNOWN_BACKLOG = Backlog(queued=None, limit=None, exact=False)


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
        self._status: StackStatus | None = None
        """What the supervisor said the last time."""
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
            self._requests.write()
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
            elif (status := self._ask()) is not None:
                self._latest = replace(_with_status(self._latest, status), state=status.state)
            return self._latest, asdict(self._status.reloads) if self._status else {}

    def _sample(self, now: float) -> Snapshot:
        answered = self._ask()
        status = self._status
        self._requests.count()
        self._requests.write()
        self._log_watcher.poll()
        self._record_slow()
        looked = self._threads.read(list(answered.generations) if answered else [])
        workers, units = self._processes(looked, answered, now)
        backlog = app_backlog(self._paths, status) if status else UNKNOWN_BACKLOG
        tally, window = self._requests.take_tally()
        point = _point(now, tally, workers, units, backlog)
        self._history.append(point)
        shown = Snapshot(
            at=now,
            state=answered.state if answered else "gone",
            busy=point.busy,
            slots=point.slots,
            window=window if status and status.front else None,
            history=tuple(self._history),
            workers=workers,
            units=units,
            memory_bytes=point.memory_bytes,
            backlog=backlog,
            events=tuple(self._log_watcher.events),
            slow=self._slow(),
            errors=tuple(self._log_watcher.errors),
            notes=self._notes(status, backlog),
            uptime_s=_uptime(answered, now) if answered else None,
        )
        shown = _with_status(shown, status) if status else shown
        return replace(shown, advice=advice(self._evidence(shown)))

    def _ask(self) -> StackStatus | None:
        """Ask the supervisor for its status. Return None when it does not answer."""
        try:
            self._status = send_request(self._paths, StatusRequest(), StackStatus, timeout_s=ASK_WITHIN_S)
        except EnufError:
            return None
        return self._status

    def _processes(
        self, looked: list[tuple[int, Stats]], status: StackStatus | None, now: float
    ) -> tuple[tuple[Worker, ...], tuple[Process, ...]]:
        named = self._named(looked, status)
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

    def _named(
        self, looked: list[tuple[int, Stats]], status: StackStatus | None
    ) -> dict[int, tuple[str, str]]:
        """Return every process of the stack by its pid, with its unit and role."""
        named: dict[int, tuple[str, str]] = {}
        for unit, pid in _main_processes(status).items() if status else ():
            is_server = unit in ("front", "server")
            named[pid] = (unit, "master" if is_server else "process")
            if is_server and not (unit == "server" and looked):
                named |= dict.fromkeys(self._usage.children(pid), (unit, "worker"))
        for _, stats in looked:
            named |= {stats.pid: ("server", "master")} if stats.pid else {}
            named |= {worker.pid: ("server", "worker") for worker in stats.workers if worker.pid > 0}
        return named

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

    def _notes(self, status: StackStatus | None, backlog: Backlog) -> tuple[str, ...]:
        if status is None:
            return ()
        notes = []
        if not status.front:
            notes.append(f"topology {status.topology} has no front, so requests are not counted or timed")
        if self._requests.measures_wait is False and status.unseen.wait:
            notes.append(status.unseen.wait)
        return (*notes, *([backlog.note] if backlog.note else []))

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


def _main_processes(status: StackStatus) -> dict[str, int]:
    """Return the pid of the main process of each unit that has one."""
    pids = {
        "supervisor": status.supervisor.pid,
        "front": status.front.pid if status.front else None,
        "server": status.server.pid,
        "dashboard": status.dashboard.pid if status.dashboard else None,
    }
    return {unit: pid for unit, pid in pids.items() if pid}


def _with_status(shown: Snapshot, status: StackStatus) -> Snapshot:
    """Return the snapshot with what the supervisor reports."""
    return replace(
        shown,
        reason=status.reason,
        url=status.url,
        topology=status.topology,
        app=status.app,
        generation=status.generation,
        retiring=status.retiring,
        front=_program(status.front) if status.front else None,
        server=_program(status.server),
        processes=status.server.processes,
        threads=status.server.threads,
        warnings=status.warnings,
    )


def _program(program: ProgramStatus) -> Program:
    return Program(name=program.name, version=program.version or "", origin=program.origin, pid=program.pid)


def _slots(workers: tuple[Worker, ...]) -> tuple[int | None, int | None]:
    cores = [core for worker in workers for core in worker.cores if worker.status != "cheap"]
    return (sum(core.busy for core in cores), len(cores)) if cores else (None, None)


def _sum(values: list[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return round(sum(known), 3) if known else None


def _uptime(status: StackStatus, now: float) -> float | None:
    try:
        return round(max(0.0, now - psutil.Process(status.supervisor.pid).create_time()), 1)
    except psutil.Error:
        return None
