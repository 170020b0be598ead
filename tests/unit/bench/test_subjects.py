"""Ways to serve as values, and the rows that are made of what was measured."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from enuf.bench.installed import InstalledServers
from enuf.bench.results import Round, SlotStep, UnwantedAnswers
from enuf.bench.scenarios.base import LoadSize, TurnResult
from enuf.bench.scenarios.registry import SCENARIOS
from enuf.bench.scenarios.slots import counts_around
from enuf.bench.subjects.base import ServedApp, Subject, SubjectPlace
from enuf.bench.subjects.registry import PEERS, SUBJECTS
from enuf.bench.summary import row_of
from enuf.errors import NotReady
from enuf.model.app import AppRef
from enuf.plan.topologies import TOPOLOGIES

APP = ServedApp(
    project="/p", target="app.py", ref=AppRef(directory="/p", module="app", attribute="app"), python="/python"
)
PLACE = SubjectPlace(
    folder="/f", port=7001, link_port=7002, processes=2, threads=3, app=APP, nginx="/nginx", uwsgi=("/uwsgi",)
)


@pytest.mark.parametrize("subject", SUBJECTS.values(), ids=list(SUBJECTS))
def test_every_server_serves_on_loopback_alone(subject: Subject) -> None:
    setup = subject.setup(PLACE)
    words = " ".join(word for command in setup.commands for word in command) + "".join(setup.files.values())
    assert "7001" in words
    assert "0.0.0.0" not in words
    assert "/p" in words or "/f" in words


def test_all_topologies_and_all_peers_can_be_compared() -> None:
    assert list(SUBJECTS) == [*TOPOLOGIES, *PEERS]


def test_what_is_missing_is_named_with_the_command_that_installs_it() -> None:
    nothing = InstalledServers()
    assert nothing.lacks(PEERS["granian-alone"]) == "granian is not installed: pip install granian"
    assert "apt-get install nginx; pip install gunicorn" in nothing.lacks(
        PEERS["nginx-gunicorn-sync-by-hand"]
    )
    there = InstalledServers(nginx="/nginx", packages={"gunicorn": "27"})
    assert not there.lacks(PEERS["nginx-gunicorn-sync-by-hand"])


def test_root_is_told_that_apache_needs_another_user() -> None:
    with pytest.raises(NotReady, match="as another user"):
        SUBJECTS["mod_wsgi-express"].setup(replace(PLACE, is_root=True))


def test_a_stack_of_enuf_runs_no_jobs_of_the_project_and_no_https() -> None:
    (command,) = SUBJECTS["nginx-uwsgi"].setup(PLACE).commands
    for setting in ("tls.mode=off", "processes={}", "schedule={}"):
        assert setting in command


def test_a_row_has_the_medians_of_its_rounds_and_all_failures() -> None:
    turns = [
        TurnResult(
            round=Round(requests=10, failed=1, rps=rps, cpu_us_per_request=cpu),
            failures={"502": 1},
            latencies={100: 5},
            rate=50.0,
        )
        for rps, cpu in ((10.0, 300.0), (30.0, 100.0), (20.0, 200.0))
    ]
    row = row_of("flask", "hello", "/", turns)
    assert (row.requests, row.failed, row.rps, row.cpu_us_per_request) == (30, 3, 20.0, 200.0)
    assert row.memory_mb is None
    assert row.failures == (UnwantedAnswers(kind="502", count=3),)
    assert (len(row.rounds), row.rate, row.notes) == (3, 50.0, ())


def test_the_steps_of_all_rounds_become_their_medians() -> None:
    turns = [
        TurnResult(
            round=Round(requests=1, failed=0),
            steps=(SlotStep(at_once=4, wait_s=1.0, seconds=seconds),),
        )
        for seconds in (1.0, 3.0, 1.1)
    ]
    assert row_of("flask", "slots", "", turns).steps == (SlotStep(at_once=4, wait_s=1.0, seconds=1.1),)


def test_the_slots_are_tried_below_at_and_above_their_number() -> None:
    assert counts_around(8) == (1, 4, 8, 9, 16, 17)
    assert counts_around(1) == (1, 2, 3)


def test_a_short_load_has_fewer_slow_clients() -> None:
    assert LoadSize(duration_s=5, connections=1, rate=None).crowd == 1000
    assert LoadSize(duration_s=60, connections=1, rate=None).idle == 10_000
    assert LoadSize(duration_s=0.1, connections=1, rate=None).crowd == 20


def test_scenarios_that_can_break_a_server_get_one_of_their_own() -> None:
    fresh = {name for name, each in SCENARIOS.items() if each.needs_fresh_server}
    assert fresh == {"slow-clients", "idle-keepalive", "reload-under-load", "worker-crash", "bad-deploy"}
