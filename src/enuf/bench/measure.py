"""A whole comparison: private folders, the app, what is installed, and the rounds."""

from __future__ import annotations

import os
from collections.abc import Mapping

from enuf.bench.course import BenchCourse, BenchWatcher
from enuf.bench.installed import look_for
from enuf.bench.prepared import prepare_app
from enuf.bench.request import BenchRequest
from enuf.bench.results import Report
from enuf.bench.scenarios.base import Scenario
from enuf.bench.scenarios.own_url import own_url
from enuf.bench.scenarios.registry import SCENARIOS
from enuf.bench.subjects.registry import PEERS, SUBJECTS
from enuf.bench.workspace import write_scenario_app
from enuf.start.invocation import Invocation
from enuf.system.scratch import scratch_folder
from enuf.system.signals import signals_interrupt


def measure(
    request: BenchRequest,
    invocation: Invocation,
    environ: Mapping[str, str],
    watcher: BenchWatcher,
    *,
    command: str,
) -> Report:
    """Compare ways to serve the app, and return the report; one that an interrupt cut short says so.

    Raise the EnufError that `enuf up` would raise for the app and its settings.
    """
    with scratch_folder("bench") as folder, signals_interrupt():
        app, plan = prepare_app(invocation, environ, folder)
        python = plan.toolchain.python
        peers = () if request.without_peers else tuple(PEERS)
        names = request.topologies or (plan.topology.id, *peers)
        subjects = tuple(SUBJECTS[name] for name in names)
        course = BenchCourse(
            request,
            subjects=subjects,
            scenarios=_scenarios(request),
            apps={"own": app, "scenario": write_scenario_app(folder / "scenarios", python.executable)},
            installed=look_for(subjects, python),
            folder=folder,
            is_root=os.geteuid() == 0,
        )
        return course.run(watcher, command=command, python=python.version)


def _scenarios(request: BenchRequest) -> tuple[Scenario, ...]:
    """Return the scenarios that were asked for; the app's front page where nothing was named."""
    named = tuple(SCENARIOS[name] for name in request.scenarios)
    urls = tuple(own_url(path) for path in request.urls)
    return (*named, *urls) or (SCENARIOS["hello"],)
