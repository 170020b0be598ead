"""A diagnosis keeps to its budget whatever it meets, and says what it did not look at."""

from __future__ import annotations

import contextlib
import itertools
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from enuf.cli.terminal import live_view
from enuf.doctor.budget import Budget
from enuf.doctor.collect.deployment import collect
from enuf.doctor.collect.live.logs import TAIL_BYTES
from enuf.doctor.collect.live.stack import collect_live
from enuf.doctor.live.engine import Diagnosis, diagnosis_of
from enuf.doctor.live.requested import parse_requested
from enuf.system.own_time import FORGIVEN_S, OwnClock
from tests.support.command_line import enuf
from tests.support.live_cases import Case, running
from tests.support.ports import free_port

pytestmark = pytest.mark.native

ENOUGH_S = 30.0
GIGABYTE = 1 << 30


def steps(count: int) -> Budget:
    """Return a budget that is used up after so many looks at the clock, however long they take."""
    numbers = itertools.count()
    return Budget(count, clock=lambda: float(next(numbers)))


def bytes_read() -> int:
    """Return the bytes that this process has read so far."""
    lines = Path("/proc/self/io").read_text().splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith("rchar")))


def diagnosed(case: Case, budget: Budget) -> Diagnosis:
    collected = collect_live(parse_requested(case.url), budget=budget)
    return diagnosis_of(collected.evidence, collected.static, budget)


@contextlib.contextmanager
def mute(port: int) -> Iterator[list[socket.socket]]:
    """Listen at a port, take every connection, and never answer. The connections are in the list."""
    taken: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", port)) as listener:

        def take() -> None:
            with contextlib.suppress(OSError):
                while True:
                    taken.append(listener.accept()[0])

        thread = threading.Thread(target=take)
        thread.start()
        try:
            yield taken
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()
            for each in taken:
                each.close()


@pytest.fixture(scope="module")
def healthy() -> Iterator[Case]:
    with running("uwsgi_healthy") as case:
        yield case


@pytest.mark.parametrize("count", [0, 1, 3, 10, 30, 60, 100, 150, 400])
def test_whenever_the_time_is_up_the_rest_is_named_and_no_one_is_accused(healthy: Case, count: int) -> None:
    found = diagnosed(healthy, steps(count))
    assert found.is_complete is not any(each.is_late for each in found.hindrances)
    assert {each.why for each in found.hindrances if each.is_late} <= {"the time was up"}
    assert [each for each in found.findings if each.severity == "error"] == []


def test_a_diagnosis_with_enough_time_is_complete(healthy: Case) -> None:
    assert diagnosed(healthy, Budget(ENOUGH_S)).is_complete


def test_of_a_log_of_a_gigabyte_no_more_is_read_than_its_end(healthy: Case) -> None:
    log = healthy.folder / "error.log"
    line = b"2026/01/01 00:00:00 [error] 1#1: *1 x" + b"y" * 200 + b"\n"

    def read() -> int:
        before = bytes_read()
        diagnosed(healthy, Budget(ENOUGH_S))
        return bytes_read() - before

    small = min(read() for _ in range(2))
    with log.open("r+b") as file:
        file.seek(GIGABYTE)
        file.write(line * (2 * TAIL_BYTES // len(line)))
    large = min(read() for _ in range(2))
    assert large - small < 2 * TAIL_BYTES


def test_a_program_that_never_answers_is_asked_once() -> None:
    port = free_port()
    with mute(port) as taken:
        budget = Budget(1.0)
        collected = collect_live(parse_requested(f"http://127.0.0.1:{port}/"), budget=budget)
    assert collected.evidence.reply is not None
    assert collected.evidence.reply.failure == "timeout"
    assert len(taken) == 1


def test_the_rules_that_explain_a_refusal_come_before_the_time_is_up(tmp_path: Path) -> None:
    (tmp_path / "nginx.conf").write_text("events { }\nhttp { server { listen 8080\n root html; } }\n")
    with running("uwsgi_healthy") as case:
        evidence = collect_live(parse_requested(case.url), budget=Budget(ENOUGH_S)).evidence
    static = collect([tmp_path])
    found = diagnosis_of(evidence, static, steps(20))
    assert "N011" in {each.code for each in found.in_files}
    [late] = [each for each in found.hindrances if each.is_late]
    assert late.what.endswith(" rules for files")


def test_what_was_not_looked_at_is_no_success(
    healthy: Case, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_view, "WITHIN_S", ENOUGH_S)
    seen = enuf(capsys, "doctor", "--live", healthy.url)
    assert seen.code == 0
    assert "not looked at" not in seen.out
    monkeypatch.setattr(live_view, "WITHIN_S", 0.0)
    missed = enuf(capsys, "doctor", "--json", "--live", healthy.url)
    assert missed.code == 1
    assert missed.json["live"]["is_complete"] is False
    assert "not looked at:" in enuf(capsys, "doctor", "--live", healthy.url).out


def test_time_in_which_others_have_the_processor_does_not_count() -> None:
    clock, begun = OwnClock(), time.monotonic()
    shown = [clock() for _ in range(1000)]
    assert shown == sorted(shown)
    assert begun - FORGIVEN_S < shown[-1] <= time.monotonic()
