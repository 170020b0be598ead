"""The course of a comparison: a trial, then rounds that go from topology to topology, so that each meets the same neighbours."""

from __future__ import annotations

import contextlib
import datetime as dt
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Protocol

from enuf.bench.entry import write_entry
from enuf.bench.floor import app_cpu_us
from enuf.bench.installed import InstalledServers
from enuf.bench.machine_facts import measured_machine
from enuf.bench.request import BenchRequest
from enuf.bench.results import LeftOut, Limit, Load, Report
from enuf.bench.running import environment_of, serving
from enuf.bench.scenarios.base import LoadSize, Scenario, Turn, TurnResult, WhichApp
from enuf.bench.subjects.base import ServedApp, Setup, Subject, SubjectPlace
from enuf.bench.summary import row_of
from enuf.bench.workspace import free_ports
from enuf.errors import NotReady

_TRIAL_S = 1.0
_RATE_SHARE = 0.5
"""The constant rate in relation to the slowest capacity: all topologies can serve it without a queue that grows."""
_LEAST_RATE = 5.0
_FLOOR_S = 1.0
_CAVEATS = (
    "the processes that send the requests run on the same machine and share its cores: compare the rows, not machines",
    "a request that a kept connection lost before the first byte of its answer was sent once more, as browsers do",
)


class BenchWatcher(Protocol):
    """Whoever is told how far a comparison has come."""

    def begins(self, steps: int) -> None:
        """Take the number of turns."""
        ...

    def step(self, topology: str, scenario: str, round_number: int) -> None:
        """Take the turn that begins; round 0 is the trial."""
        ...

    def left_out(self, left: LeftOut) -> None:
        """Take what is not measured, and why."""
        ...


class BenchCourse:
    """One comparison, which keeps what was measured when it is interrupted."""

    def __init__(
        self,
        request: BenchRequest,
        *,
        subjects: tuple[Subject, ...],
        scenarios: tuple[Scenario, ...],
        apps: Mapping[WhichApp, ServedApp],
        installed: InstalledServers,
        folder: Path,
        is_root: bool,
    ) -> None:
        self._request = request
        self._scenarios = scenarios
        self._apps = apps
        self._installed = installed
        self._folder = folder
        self._is_root = is_root
        self._subjects = list(subjects)
        self._names = [subject.name for subject in subjects]
        self._left_out: list[LeftOut] = []
        self._turns: dict[tuple[str, str], list[TurnResult]] = {}
        self._rates: dict[str, float] = {}
        self._number = 0

    def run(self, watcher: BenchWatcher, *, command: str, python: str) -> Report:
        """Measure all rounds, and return the report; after an interrupt the report of what was measured."""
        began = dt.datetime.now(dt.UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        machine = measured_machine(python, self._installed.versions)
        limit, interrupted = None, False
        try:
            limit = self._floor()
            self._measure(watcher)
        except KeyboardInterrupt:
            interrupted = True
        return Report(
            command=command,
            began=began,
            machine=machine,
            app=str(self._apps["own"].ref),
            load=self._load(),
            rows=tuple(
                row_of(topology, scenario.name, scenario.address, turns)
                for scenario in self._scenarios
                for topology in self._names
                if (turns := self._turns.get((topology, scenario.name)))
            ),
            limit=limit,
            left_out=tuple(self._left_out),
            caveats=_CAVEATS,
            interrupted=interrupted,
        )

    def _load(self) -> Load:
        asked = self._request
        return Load(
            processes=asked.processes,
            threads=asked.threads,
            connections=asked.connections,
            round_s=asked.duration_s,
            rounds=asked.rounds,
            rate=asked.rate,
        )

    def _floor(self) -> Limit | None:
        app = self._apps["own"]
        place = self._place(app)
        cost = app_cpu_us(app, environment_of(place, Setup(commands=())), _FLOOR_S)
        return Limit(app_cpu_us=round(cost, 1)) if cost else None

    def _measure(self, watcher: BenchWatcher) -> None:
        for subject in list(self._subjects):
            if why := self._installed.lacks(subject):
                self._leave_out(watcher, subject, why)
        in_trial = sum(len(scenarios) for _, scenarios in self._groups(is_trial=True))
        turns = in_trial + len(self._scenarios) * self._request.rounds
        watcher.begins(len(self._subjects) * turns)
        self._trial(watcher)
        for number in range(1, self._request.rounds + 1):
            for subject in list(self._subjects):
                with self._left_out_if_it_fails(subject, watcher):
                    for scenario, result in self._turn(subject, watcher, number):
                        self._turns.setdefault((subject.name, scenario.name), []).append(result)

    def _trial(self, watcher: BenchWatcher) -> None:
        """Serve by every topology once: leave out what does not start, and find a rate that all can serve."""
        capacities: dict[str, list[float]] = {}
        for subject in list(self._subjects):
            with self._left_out_if_it_fails(subject, watcher):
                for scenario, result in self._turn(subject, watcher, 0):
                    if result.round.rps:
                        capacities.setdefault(scenario.name, []).append(result.round.rps)
        for name, found in capacities.items():
            self._rates[name] = max(_LEAST_RATE, round(min(found) * _RATE_SHARE))

    @contextlib.contextmanager
    def _left_out_if_it_fails(self, subject: Subject, watcher: BenchWatcher) -> Iterator[None]:
        """Measure no further round of a server that does not start, or cannot be asked; keep the rounds before."""
        try:
            yield
        except NotReady as error:
            said = f": {error.detail.splitlines()[-1]}" if error.detail else ""
            self._leave_out(watcher, subject, f"{error.summary}{said}")
        except (OSError, ValueError, subprocess.SubprocessError) as error:
            self._leave_out(watcher, subject, f"it could not be measured: {error}")

    def _leave_out(self, watcher: BenchWatcher, subject: Subject, why: str) -> None:
        left = LeftOut(name=subject.name, reason=why)
        self._subjects.remove(subject)
        self._left_out.append(left)
        watcher.left_out(left)

    def _turn(
        self, subject: Subject, watcher: BenchWatcher, number: int
    ) -> Iterator[tuple[Scenario, TurnResult]]:
        """Serve each app in turn, and yield what its scenarios measure. Raise NotReady."""
        for which, scenarios in self._groups(is_trial=number == 0):
            place = self._place(self._apps[which])
            with serving(subject.setup(place), place) as running:
                for scenario in scenarios:
                    watcher.step(subject.name, scenario.name, number)
                    yield scenario, scenario.measure(Turn(running=running, size=self._size(scenario, number)))

    def _groups(self, *, is_trial: bool) -> Iterator[tuple[WhichApp, list[Scenario]]]:
        """Yield the scenarios that one server can serve after each other; in the trial those that need a rate."""
        for which in self._apps:
            ours = [each for each in self._scenarios if each.app == which]
            together = [each for each in ours if not each.needs_fresh_server]
            if is_trial:
                together = [each for each in together if each.needs_rate]
            if together or (is_trial and ours):
                yield which, together
            if not is_trial:
                yield from ((which, [each]) for each in ours if each.needs_fresh_server)

    def _size(self, scenario: Scenario, number: int) -> LoadSize:
        asked = self._request
        return LoadSize(
            duration_s=asked.duration_s if number else min(_TRIAL_S, asked.duration_s),
            connections=asked.connections,
            rate=(asked.rate or self._rates.get(scenario.name)) if number else None,
        )

    def _place(self, app: ServedApp) -> SubjectPlace:
        self._number += 1
        folder = self._folder / f"s{self._number}"
        folder.mkdir(mode=0o700)
        write_entry(folder, app.ref)
        port, link_port = free_ports(2)
        return SubjectPlace(
            folder=str(folder),
            port=port,
            link_port=link_port,
            processes=self._request.processes,
            threads=self._request.threads,
            app=app,
            nginx=self._installed.nginx,
            uwsgi=self._installed.uwsgi,
            is_root=self._is_root,
        )
