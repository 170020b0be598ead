"""Lines of a server about workers that ended become events with a reason and, where the front knows, a request."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from msgspec.structs import replace

from enuf.inspect.oom_kills import oom_kills
from enuf.inspect.server_log import with_app_marked
from enuf.run.care.worker_exits import MOST_EVENTS, WorkerExitReader
from enuf.servers.shim import OVERDUE
from enuf.syntax.worker_ends import GUNICORN_ENDS, UWSGI_ENDS

ENDS = {
    "uwsgi": replace(UWSGI_ENDS, unresponsive=OVERDUE),
    "gunicorn": replace(GUNICORN_ENDS, unresponsive=OVERDUE),
}
ID = "c" * 32
STAMP = "[2026-03-01T10:00:00+0000] - "
G = "[2026-03-01 10:00:00 +0000] [7] "


@pytest.fixture
def access_log(tmp_path: Path) -> Path:
    return tmp_path / "access.log"


def lost(path: str, request_id: str = ID, status: int = 502) -> str:
    at = time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime())
    return (
        f'127.0.0.1 [{at}] "GET {path} HTTP/1.1" {status} 215 time=0.010 connect=0.000 header=- app=0.009 '
        f'passed=1.0 taken=- id={request_id} host="127.0.0.1" ref="-" ua="-"\n'
    )


def read(server: str, access_log: Path, text: str) -> list[tuple[int, str, str, tuple[str, ...]]]:
    reader = WorkerExitReader(ENDS[server], access_log)
    found = reader.read(with_app_marked(text), time.time())
    return [(each.worker, each.reason, each.how, each.requests) for each in found]


@pytest.mark.parametrize(
    ("server", "text", "worker", "reason", "how"),
    [
        ("uwsgi", f"{STAMP}DAMN ! worker 2 (pid: 71) died, killed by signal 11 :( trying respawn ...", 2, "signal", "SIGSEGV"),
        ("uwsgi", f"{STAMP}DAMN ! worker 2 (pid: 71) died, killed by signal 9 :( trying respawn ...", 2, "signal", "SIGKILL"),
        ("uwsgi", f"{STAMP}DAMN ! worker 2 (pid: 71) MISTERIOUSLY killed by signal 15 :( trying respawn ...", 2, "signal", "SIGTERM"),
        ("uwsgi", f"{STAMP}DAMN ! worker 3 (pid: 71) died :( trying respawn ...", 3, "exit", ""),
        ("uwsgi", f"{STAMP}!!! uWSGI process 71 got Segmentation Fault !!!\n{STAMP}DAMN ! worker 1 (pid: 71) died :( trying respawn ...", 1, "signal", "SIGSEGV"),
        ("uwsgi", f"{STAMP}OOPS ! failed loading app in worker 1 (pid 71)", 1, "start", ""),
        ("uwsgi", f"{STAMP}*** HARAKIRI ON WORKER 1 (pid: 71, try: 1, graceful: no) ***\n{STAMP}DAMN ! worker 1 (pid: 71) died, killed by signal 9 :(", 1, "timeout", ""),
        ("gunicorn", f"{G}[WARNING] Worker (pid:71) was sent SIGSEGV!", 0, "signal", "SIGSEGV"),
        ("gunicorn", f"{G}[ERROR] Worker (pid:71) was sent SIGKILL! Perhaps out of memory?", 0, "signal", "SIGKILL"),
        ("gunicorn", f"{G}[ERROR] Worker (pid:71) exited with code 1.", 0, "exit", "status 1"),
        ("gunicorn", f"{G}[ERROR] Worker (pid:71) exited with code 3.", 0, "start", "status 3"),
        ("gunicorn", f"{G}[CRITICAL] WORKER TIMEOUT (pid:71)\n{G}[ERROR] Worker (pid:71) was sent SIGABRT!", 0, "timeout", ""),
    ],
)  # fmt: skip
def test_an_end_has_its_reason(
    access_log: Path, server: str, text: str, worker: int, reason: str, how: str
) -> None:
    ((found_worker, found_reason, found_how, _),) = read(server, access_log, text + "\n")
    assert (found_worker, found_reason) == (worker, reason)
    assert reason == "start" or found_how == how


@pytest.mark.parametrize(
    ("server", "text"),
    [
        ("gunicorn", f"{G}[INFO] Worker (pid:71) was sent SIGTERM!"),
        ("gunicorn", f"{G}[INFO] Worker (pid:71) exited with code 0"),
        ("uwsgi", "a visitor writes DAMN ! worker 1 (pid: 1) died :("),
        (
            "uwsgi",
            "[2026-03-01T10:00:00.123+0000] [2026-03-01T10:00:00+0000] - DAMN ! worker 1 (pid: 1) died :(",
        ),
        ("gunicorn", f"[2026-03-01T10:00:00.123+0000] {G}[ERROR] Worker (pid:71) exited with code 1."),
        ("uwsgi", "x=1 [2026-03-01T10:00:00+0000] - DAMN ! worker 1 (pid: 1) died :("),
        ("gunicorn", f"GET /{G}[ERROR] Worker (pid:71) exited with code 1."),
    ],
)
def test_a_worker_that_was_stopped_or_that_a_visitor_made_up_is_none(
    access_log: Path, server: str, text: str
) -> None:
    assert read(server, access_log, f"{text}\n") == []


def test_a_thread_that_does_not_react_gives_its_request_to_the_end_of_its_worker(access_log: Path) -> None:
    reader = WorkerExitReader(ENDS["uwsgi"], access_log)
    line = f"[2026-03-01T10:00:00.123+0000] enuf: GET /hang?token=x id={ID}: its thread does not react, so this worker (pid 71) ends when its other"
    assert reader.read(with_app_marked(f"{line} requests are finished\n"), time.time()) == []
    access_log.write_text(lost("/other"))
    (event,) = reader.read(f"{STAMP}DAMN ! worker 1 (pid: 71) died :( trying respawn ...\n", time.time())
    assert (event.reason, event.requests, event.ids) == ("timeout", ("GET /hang",), (ID,))
    assert reader.counts.timeout == 1


def test_each_end_has_the_request_that_was_lost_and_no_request_is_lost_twice(access_log: Path) -> None:
    reader = WorkerExitReader(ENDS["uwsgi"], access_log)
    died = "".join(
        f"{STAMP}DAMN ! worker {n} (pid: 7{n}) died, killed by signal 11 :( trying\n" for n in (1, 2)
    )
    access_log.write_text(lost("/a?q=1", "1" * 32) + lost("/fine", "3" * 32, 200) + lost("/b", "2" * 32))
    assert [each.requests for each in reader.read(died, time.time())] == [("GET /a",), ("GET /b",)]
    assert [each.requests for each in reader.read(died, time.time())] == [(), ()]
    assert reader.counts.signal == 4


def test_the_kernels_count_tells_a_lack_of_memory_from_a_kill(access_log: Path) -> None:
    kills = iter((3, 4, 4))
    reader = WorkerExitReader(ENDS["uwsgi"], access_log, lambda: next(kills))
    text = f"{STAMP}DAMN ! worker 1 (pid: 71) died, killed by signal 9 :( trying respawn ...\n"
    (event,) = reader.read(text, time.time())
    assert event.reason == "oom"
    assert event.text == "worker 1 was killed by the kernel for lack of memory, pid 71"


def test_the_count_is_that_of_our_control_group_or_of_the_machine(tmp_path: Path) -> None:
    ours, machine = tmp_path / "cgroup", tmp_path / "vmstat"
    ours.write_text("0::/user/enuf\n")
    machine.write_text("nr_free_pages 5\noom_kill 9\n")
    assert oom_kills(ours, tmp_path, machine) == 9
    (tmp_path / "user/enuf").mkdir(parents=True)
    (tmp_path / "user/enuf/memory.events").write_text("oom 3\noom_kill 2\n")
    assert oom_kills(ours, tmp_path, machine) == 2
    assert oom_kills(tmp_path / "none", tmp_path, tmp_path / "none") == 0


def test_a_storm_of_ends_is_counted_whole_and_written_in_part(access_log: Path) -> None:
    reader = WorkerExitReader(ENDS["uwsgi"], access_log)
    text = "".join(f"{STAMP}DAMN ! worker 1 (pid: {n}) died :( trying respawn ...\n" for n in range(1, 501))
    assert len(reader.read(text, time.time())) == MOST_EVENTS
    assert reader.counts.exit == 500
