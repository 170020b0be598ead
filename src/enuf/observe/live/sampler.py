"""The sampler: snapshots of a running stack, taken from outside.

The sources are the supervisor, the server's statistics, the kernel and the logs. Missing sources are left
out, with a note. Memory is bounded: sums, histograms and rings of fixed length.
"""

from __future__ import annotations

import copy
import math
import os
import threading
import time
from collections import deque
from pathlib import Path

import msgspec
import psutil
from msgspec.structs import replace

from enuf.errors import EnufError
from enuf.inspect.uwsgi_stats import Stats
from enuf.model.paths import StackPaths
from enuf.model.protocol import StatusRequest
from enuf.model.snapshot import (
    Backlog,
    Latency,
    PastHour,
    Point,
    Process,
    Program,
    Rates,
    RouteTable,
    SlowRequest,
    Snapshot,
    Worker,
)
from enuf.model.status import AnswerCounts, ProgramStatus, ReloadCounts, StackStatus, UnitExits
from enuf.model.worker_exit import WorkerExits
from enuf.observe.live.advice import AdviceInput, advice
from enuf.observe.live.backlog import app_backlog
from enuf.observe.live.hour import HourRecorder
from enuf.observe.live.processes import ProcessUsage, memory_of
from enuf.observe.live.requests import RequestCounter, slow_record
from enuf.observe.live.routes import route_table
from enuf.observe.live.totals import Totals
from enuf.observe.live.troubles import CLOSED, TroubleInput, condition, troubles
from enuf.observe.live.units_beside import UnitsBeside
from enuf.observe.live.worker_threads import WorkerThreads
from enuf.observe.live.workers import busy_threads
from enuf.observe.logs.watcher import LogWatcher
from enuf.system.control_client import send_request
from enuf.system.event_log import EventLog

OWN_UNITS = ("supervisor", "dashboard")
"""Units whose children are not theirs."""
ASK_WITHIN_S = 2.0
MOST_POINTS = 600
UNKNOWN_BACKLOG = Backlog(queued=None, limit=None, exact=False)


class Counts(msgspec.Struct, frozen=True):
    """What the supervisor has counted since the start of the stack."""

    reloads: ReloadCounts = ReloadCounts()
    answers: AnswerCounts = AnswerCounts()
    exits: WorkerExits = WorkerExits()
    units: UnitExits = UnitExits()


class Sampler:
    """A sampler of one stack. Threads may share it: they take turns."""

    def __init__(self, paths: StackPaths, *, persist: bool = False) -> None:
        """Open the logs.

        `persist` keeps the totals in a file across restarts, for the one process that counts for the stack.
        """
        self._paths = paths
        self._turn = threading.Lock()
        self._requests = RequestCounter(paths, persist=persist)
        self._hour = HourRecorder(Path(paths.dashboard_history) if persist else None)
        self._log_watcher = LogWatcher(Path(paths.log), paths.project, self._hour.known_versions)
        self._threads = WorkerThreads(paths)
        self._usage = ProcessUsage()
        self._beside = UnitsBeside(paths)
        self._history: deque[Point] = deque(maxlen=MOST_POINTS)
        self._slow_log = EventLog(Path(paths.log) / "slow.log") if persist else None
        self._status: StackStatus | None = None
        """The supervisor's last status."""
        self._latest: Snapshot | None = None
        self._cpus = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1

    def close(self) -> None:
        """Write the totals and close the logs."""
        with self._turn:
            self._requests.close()
            self._hour.finish_step()
            self._log_watcher.close()

    def catch_up(self) -> None:
        """Count what nobody has counted since an earlier process, without a snapshot of the present."""
        with self._turn:
            self._requests.counts_from = math.inf
            self._requests.count()
            self._log_watcher.poll()
            self._record_slow()
            self._fill_hour(time.time())

    def totals(self) -> Totals:
        """Return the totals up to this moment."""
        with self._turn:
            self._requests.count()
            self._requests.write()
            return copy.deepcopy(self._requests.totals)

    def sample(self) -> Snapshot:
        """Take a snapshot. Each call adds a point to the history: call at a steady pace."""
        with self._turn:
            self._latest = self._sample(time.time())
            return self._latest

    def past_hour(self) -> PastHour:
        """Return the figures of the last hour."""
        with self._turn:
            return self._hour.past()

    def latest(self, within_s: float) -> tuple[Snapshot, Counts]:
        """Return a snapshot at most `within_s` seconds old, and the supervisor's counts.

        The supervisor's status in the snapshot is the present one.
        """
        with self._turn:
            if self._latest is None or time.time() - self._latest.at > within_s:
                self._latest = self._sample(time.time())
            elif (status := self._ask()) is not None:
                self._latest = replace(_with_status(self._latest, status), state=status.state)
            status = self._status
            return self._latest, _counts(status) if status else Counts()

    def _sample(self, now: float) -> Snapshot:
        answered = self._ask()
        status = self._status
        self._requests.count()
        self._requests.write()
        self._log_watcher.poll()
        self._record_slow()
        statistics = self._threads.read(answered.generations if answered else ())
        workers, units = self._processes(statistics, answered, now)
        backlog = app_backlog(self._paths, status) if status else UNKNOWN_BACKLOG
        tally, window = self._requests.take_tally()
        busy, slots = busy_threads(workers)
        latency = window.latency if window else Latency()
        point = _point(
            now, tally.rates, latency, workers=workers, threads=(busy, slots), units=units, backlog=backlog
        )
        self._history.append(point)
        versions = self._log_watcher.versions
        self._fill_hour(self._requests.counts_from)
        self._hour.add(point, tally, self._requests.take_app_answers(), versions)
        shown = Snapshot(
            at=now,
            state=answered.state if answered else "gone",
            busy=busy,
            slots=slots,
            window=window if status and status.front else None,
            history=tuple(self._history),
            workers=workers,
            units=units,
            memory_bytes=point.memory_bytes,
            backlog=backlog,
            events=tuple(self._log_watcher.events),
            slow=self._slow(),
            generations=self._hour.generations(versions.latest, now),
            errors=tuple(self._log_watcher.errors),
            error_groups=self._log_watcher.groups.latest(),
            cache=dict(self._requests.totals.by_cache),
            limited=dict(self._requests.totals.by_limit),
            notes=self._notes(status, backlog),
            uptime_s=_uptime(answered, now) if answered else None,
        )
        shown = _with_status(shown, status) if status else shown
        shown = replace(shown, routes=self._routes(shown))
        given = self._trouble_input(shown)
        found = troubles(given)
        return replace(
            shown,
            troubles=found,
            condition=condition(found, is_closed=given.is_closed),
            advice=() if given.is_closed else advice(self._advice_input(shown)),
            warnings=(*shown.warnings, CLOSED) if given.is_closed else shown.warnings,
        )

    def _fill_hour(self, until: float) -> None:
        """Record the time without samples before `until`, once."""
        missed, answers = self._requests.take_missed(until)
        if missed:
            self._hour.fill(missed, answers, self._log_watcher.versions, until)

    def _ask(self) -> StackStatus | None:
        """Ask the supervisor for its status. Return None if it does not answer."""
        try:
            status = send_request(self._paths, StatusRequest(), StackStatus, timeout_s=ASK_WITHIN_S)
        except EnufError:
            return None
        self._status = self._beside.added_to(status)
        return self._status

    def _processes(
        self, statistics: list[tuple[int, Stats]], status: StackStatus | None, now: float
    ) -> tuple[tuple[Worker, ...], tuple[Process, ...]]:
        named = self._named(statistics, status)
        usage = self._usage.measure(set(named))
        workers = self._threads.workers(statistics, usage, now)
        self._threads.take_stacks(workers)
        workers = self._threads.located(workers)
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
        self, statistics: list[tuple[int, Stats]], status: StackStatus | None
    ) -> dict[int, tuple[str, str]]:
        """Return every process of the stack by its pid, with its unit and role."""
        named: dict[int, tuple[str, str]] = {}
        for unit, pid in _main_processes(status).items() if status else ():
            is_server = unit in ("front", "server")
            named[pid] = (unit, "master" if is_server else "process")
            if unit not in OWN_UNITS and not (unit == "server" and statistics):
                named |= dict.fromkeys(self._usage.children(pid), (unit, "worker"))
        for _, stats in statistics:
            named |= {stats.pid: ("server", "master")} if stats.pid else {}
            named |= {worker.pid: ("server", "worker") for worker in stats.workers if worker.pid > 0}
        return named

    def _slow(self) -> tuple[SlowRequest, ...]:
        """Return the slow requests with the stacks that were read.

        The supervisor's stack of an ended request has precedence.
        """
        ended = {one.id: "\n".join(one.stack) for one in self._log_watcher.hung}
        return tuple(
            replace(
                one, hung=one.id in ended, stack=ended.get(one.id) or self._threads.stacks.get(one.id, "")
            )
            for one in self._requests.slow
        )

    def _routes(self, shown: Snapshot) -> RouteTable | None:
        return route_table(self._requests.routes, shown, self._paths.project) if shown.front else None

    def _record_slow(self) -> None:
        """Write new slow requests with their stacks to slow.log, for `enuf logs --id`."""
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

    def _trouble_input(self, shown: Snapshot) -> TroubleInput:
        return TroubleInput(
            now=shown.at,
            state=shown.state,
            project=self._paths.project,
            answers=self._requests.answers_of_minute(shown.window),
            is_closed=self._status is not None and self._status.maintenance == "on",
            workers=shown.workers,
            backlog=shown.backlog,
            journal=tuple(self._log_watcher.ended),
            refused=self._status.refused if self._status else None,
            suspended=self._status.suspended if self._status else (),
            beside=shown.beside,
            jobs=shown.jobs,
        )

    def _advice_input(self, shown: Snapshot) -> AdviceInput:
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


def _counts(status: StackStatus) -> Counts:
    return Counts(status.reloads, status.answers, status.exits, status.unit_exits)


def _point(
    now: float,
    rates: Rates,
    latency: Latency,
    *,
    workers: tuple[Worker, ...],
    threads: tuple[int | None, int | None],
    units: tuple[Process, ...],
    backlog: Backlog,
) -> Point:
    """Return the figures of a sample that plots show; `threads` are those at work, and all."""
    busy, slots = threads
    return Point(
        at=now,
        rates=rates,
        latency=latency,
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
        **{each.name: each.pid for each in status.beside},
        **{each.name: each.pid for each in status.jobs},
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
        exits=status.exits,
        beside=status.beside,
        jobs=status.jobs,
        tls=status.tls,
    )


def _program(program: ProgramStatus) -> Program:
    return Program(name=program.name, version=program.version or "", origin=program.origin, pid=program.pid)


def _sum(values: list[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return round(sum(known), 3) if known else None


def _uptime(status: StackStatus, now: float) -> float | None:
    try:
        return round(max(0.0, now - psutil.Process(status.supervisor.pid).create_time()), 1)
    except psutil.Error:
        return None
