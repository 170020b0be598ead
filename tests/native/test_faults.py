"""Processes are killed: what was waiting is served, what was in hand is all that is lost, nothing is left behind."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import stat
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from tests.support.load import Client
from tests.support.mounts import tmpfs
from tests.support.stack import APP, Response, Stack, has_ended, stopped_at_the_end, until
from tests.support.under_load import under_load

pytestmark = pytest.mark.native

QUICK = (*[Client("/")] * 8, *[Client("/echo", "POST", body=b"x=1")] * 4)


@pytest.fixture
def serving(stack: Stack) -> Stack:
    stack.up("--processes", "2")
    return stack


def kill_and_wait(stack: Stack, pids: list[int]) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    until(lambda: is_whole(stack, pids), what="everything runs again")


def is_whole(stack: Stack, killed: list[int]) -> bool:
    told = stack.status()
    workers = [worker["pid"] for worker in told["server"]["workers"]]
    pids = {told["server"]["pid"], told["front"]["pid"], *workers}
    return None not in pids and not pids & set(killed) and len(workers) == told["server"]["processes"]


def test_a_killed_worker_costs_only_what_it_had_in_hand(serving: Stack) -> None:
    worker = serving.status()["server"]["workers"][0]["pid"]
    count, _ = under_load(serving, lambda: kill_and_wait(serving, [worker]))
    assert count.failed <= 2, count  # it has two threads
    assert serving.status()["generation"] == 1


def test_a_killed_server_master_loses_nothing_that_was_waiting(serving: Stack) -> None:
    master = serving.status()["server"]["pid"]
    count, _ = under_load(serving, lambda: kill_and_wait(serving, [master]))
    assert count.failed <= 4, count  # 2 processes x 2 threads
    assert "refused" not in count.categories


def test_a_killed_server_with_all_its_workers_is_back_on_the_same_socket(serving: Stack) -> None:
    told = serving.status()["server"]
    everyone = [told["pid"], *(worker["pid"] for worker in told["workers"])]
    count, _ = under_load(serving, lambda: kill_and_wait(serving, everyone))
    assert count.failed <= 4, count
    assert "refused" not in count.categories


def test_a_killed_nginx_master_refuses_nobody(serving: Stack) -> None:
    master = serving.status()["front"]["pid"]
    count, _ = under_load(serving, lambda: kill_and_wait(serving, [master]), clients=QUICK)
    assert "refused" not in count.categories, count
    assert count.failed <= len(QUICK), count


def test_a_killed_nginx_worker_refuses_nobody(serving: Stack) -> None:
    worker = psutil.Process(serving.status()["front"]["pid"]).children()[0].pid
    count, _ = under_load(serving, lambda: kill_and_wait(serving, [worker]), clients=QUICK)
    assert "refused" not in count.categories, count
    assert count.failed <= len(QUICK), count


def test_a_killed_supervisor_leaves_no_process_and_the_next_up_recovers(serving: Stack) -> None:
    os.kill(serving.status()["supervisor"]["pid"], signal.SIGKILL)
    until(lambda: not serving.processes(), what="nothing is left")
    assert serving.run("status").code == 3
    serving.up()
    assert serving.get("/").status == 200


def test_down_after_a_killed_supervisor_clears_up(serving: Stack) -> None:
    os.kill(serving.status()["supervisor"]["pid"], signal.SIGKILL)
    until(lambda: not serving.processes())
    assert serving.run("down").code == 0
    assert not (serving.project / ".enuf/state.json").exists()


def test_orphans_of_a_killed_supervisor_are_ended_by_the_next_up(serving: Stack) -> None:
    told = serving.status()
    front = told["front"]["pid"]
    os.kill(front, signal.SIGSTOP)  # it cannot react to the supervisor's death
    os.kill(told["supervisor"]["pid"], signal.SIGKILL)
    until(lambda: has_ended(told["supervisor"]["pid"]))
    serving.up()
    assert has_ended(front)
    assert serving.get("/").status == 200


def test_a_recorded_pid_that_belongs_to_somebody_else_now_is_left_alone(serving: Stack) -> None:
    stranger = psutil.Popen(["sleep", "60"], start_new_session=True)
    try:
        told = serving.status()
        os.kill(told["supervisor"]["pid"], signal.SIGKILL)
        until(lambda: not serving.processes())
        state = serving.project / ".enuf/state.json"
        state.write_text(
            state.read_text().replace(f'"pid": {told["front"]["pid"]}', f'"pid": {stranger.pid}')
        )
        serving.up()
        assert stranger.is_running() and stranger.status() != psutil.STATUS_ZOMBIE
    finally:
        stranger.kill()
        stranger.wait()


def test_a_server_that_cannot_start_again_is_reported_as_failed_and_recovers_when_mended(
    serving: Stack,
) -> None:
    serving.write("app.py", "raise RuntimeError('mended later')\n")
    os.kill(serving.status()["server"]["pid"], signal.SIGKILL)
    told = until(lambda: (found := serving.status())["state"] == "failed" and found)
    assert "mended later" in told["reason"] or "uwsgi" in told["reason"]
    assert serving.run("status").code == 1
    assert serving.get("/").status == 502, "nobody waits for what cannot come"
    serving.write("app.py", APP)
    assert serving.run("reload").code == 0
    assert serving.get("/").text == "version 1\n"
    assert serving.status()["state"] == "serving"


@pytest.mark.parametrize(
    "topology", ["nginx-uwsgi", "nginx-gunicorn", "nginx-gunicorn-uwsgi", "nginx-granian"]
)
def test_a_hung_request_is_ended_and_its_url_id_and_stack_are_written_down(
    stack: Stack, topology: str
) -> None:
    stack.up("--timeout", "2s", "--processes", "1", "--topology", topology)
    answer = stack.get("/slow?seconds=60")
    assert answer.status == 504
    assert stack.get("/").status == 200
    log = until(lambda: "hung request ended" in (text := stack.log("enuf.log")) and text)
    assert f"GET /slow?seconds=60 id={answer.headers['X-Request-ID']}" in log
    assert "in slow" in log


def test_requests_that_hang_together_keep_their_own_ids(stack: Stack) -> None:
    stack.up("--timeout", "2s", "--processes", "1", "--threads", "3")
    with ThreadPoolExecutor() as pool:
        answers = [one.result() for one in [pool.submit(stack.get, "/slow?seconds=60") for _ in range(3)]]
    ids = {answer.headers["X-Request-ID"] for answer in answers if answer.status == 504}
    told = until(lambda: re.findall(r"hung request ended: \S+ \S+ id=(\w+)", stack.log("enuf.log")))
    assert set(told) <= ids and len(set(told)) == len(told)


@contextlib.contextmanager
def in_flight(stack: Stack) -> Iterator[list[Future[Response]]]:
    """Four requests, one in each thread of the app; they are answered when the test lets go of `flight`."""
    with ThreadPoolExecutor() as pool:
        asked = [pool.submit(stack.get, "/held/flight") for _ in range(4)]
        try:
            until(lambda: stack.status()["server"]["busy"] == 4, what="the app has all of them")
            yield asked
        finally:
            stack.let_go("flight")


def test_requests_in_flight_are_answered_when_it_goes_down(serving: Stack) -> None:
    with in_flight(serving) as asked:
        down = serving.start("down")
        serving.until_logged("serving -> stopping", "enuf.log")
        serving.let_go("flight")
        assert [one.result().status for one in asked] == [200] * 4
        assert (down.wait(60), down.returncode) == (0, 0)


def test_term_is_a_graceful_down(serving: Stack) -> None:
    supervisor = serving.status()["supervisor"]["pid"]
    with in_flight(serving) as asked:
        os.kill(supervisor, signal.SIGTERM)
        serving.until_logged("serving -> stopping", "enuf.log")
        serving.let_go("flight")
        assert [one.result().status for one in asked] == [200] * 4
    until(lambda: not serving.processes())


def test_down_at_once_waits_for_nobody(serving: Stack) -> None:
    with ThreadPoolExecutor() as pool:
        asked = pool.submit(serving.get, "/held/ever")
        until(lambda: any(worker["status"] == "busy" for worker in serving.status()["server"]["workers"]))
        assert serving.run("down", "--now", timeout=20).code == 0
        with pytest.raises(Exception, match=r".*"):
            asked.result()


def test_workers_are_recycled_without_a_lost_request(stack: Stack) -> None:
    stack.up("--set", "workers.max_requests=50")
    first = {worker["pid"] for worker in stack.status()["server"]["workers"]}

    def recycled() -> bool:
        return not first & {worker["pid"] for worker in stack.status()["server"]["workers"]}

    count, _ = under_load(stack, lambda: until(recycled))
    assert count.failed == 0, count


def test_a_state_file_that_cannot_be_written_is_said_and_nothing_else_happens(serving: Stack) -> None:
    state = serving.project / ".enuf/state.json"
    state.unlink()
    state.mkdir()
    serving.write("app.py", APP.replace('"1"', '"2"'))
    assert serving.run("reload").code == 0
    assert any("state.json" in text for text in serving.status()["warnings"])
    state.rmdir()


@pytest.mark.root(reason="mounts a small file system")
def test_a_full_disk_under_the_logs_does_not_stop_the_service(stack: Stack) -> None:
    log = stack.project / ".enuf" / "log"
    log.mkdir(parents=True)
    with tmpfs(log, "256k"), stopped_at_the_end(stack):
        stack.up()
        (log / "filler").write_bytes(b"x" * (log.stat().st_blksize and shutil.disk_usage(log).free))
        assert stack.get("/").status == 200
        stack.write("app.py", APP.replace('"1"', '"2"'))
        done = stack.run("reload")
        assert done.code == 0, done
        assert stack.get("/").text == "version 2\n"
        assert any("the disk is full" in text for text in stack.status()["warnings"])
        assert stack.run("down").code == 0


def test_a_deleted_runtime_folder_is_made_again_with_everything_in_it(serving: Stack) -> None:
    runtime = (serving.project / ".enuf/run").readlink()
    # In one step: the supervisor refills a folder that is half empty, and cannot be emptied then.
    shutil.rmtree(runtime.rename(runtime.with_name(f".{runtime.name}.gone")))
    until(
        lambda: serving.run("status").code == 0 and serving.status()["generation"] == 2,
        what="a generation on a new socket",
    )
    until(lambda: serving.get("/").status == 200)
    assert any("runtime folder was removed" in text for text in serving.status()["warnings"])
    serving.write("enuf.toml", '[serve]\nmax_body = "1k"\n')
    assert serving.run("reload").code == 0
    assert serving.request("POST", "/echo", b"x" * 2000).status == 413


def test_without_descriptors_a_reload_is_refused_and_the_service_goes_on(serving: Stack) -> None:
    supervisor = psutil.Process(serving.status()["supervisor"]["pid"])
    before = supervisor.rlimit(psutil.RLIMIT_NOFILE)
    # One for the order's connection, one for what the event loop accepts beside it: too few for a new server.
    supervisor.rlimit(psutil.RLIMIT_NOFILE, (supervisor.num_fds() + 2, before[1]))
    count, done = under_load(serving, lambda: serving.run("reload"))
    assert done.code == 7, done
    assert "Too many open files" in done.err
    assert count.failed == 0, count
    supervisor.rlimit(psutil.RLIMIT_NOFILE, before)
    assert serving.run("reload").code == 0


def test_nothing_that_decides_reads_the_wall_clock() -> None:
    """A clock that jumps then changes nothing but the times in the logs.

    A certificate and a schedule are by that clock; lines of the access log, changes of files, and what is recorded or
    shown of releases and of processes beside the app have times by that clock. No length of time is.
    """
    of_certificates = {"certificate.py", "host_certificate.py", "orders.py"}
    of_logs = {"hung.py", "requests.py"}
    recorded = {"releases.py", "jobs.py", "times.py", "group.py", "launch.py", "kept.py"}
    for source in (Path(__file__).parents[2] / "src/enuf/run").rglob("*.py"):
        text = source.read_text()
        assert "time.time() -" not in text, source
        if source.name not in of_certificates | of_logs | recorded:
            assert "time.time(" not in text and "datetime" not in text, source


def test_the_logs_are_rotated_without_losing_a_line(stack: Stack) -> None:
    stack.write(
        "app.py",
        APP
        + '\n@app.get("/say/<int:number>")\ndef say(number):\n    print(f"line {number}", flush=True)\n    return "said"\n',
    )
    stack.up("--set", "log.rotate=50m x 3")
    supervisor = stack.status()["supervisor"]["pid"]
    log = stack.project / ".enuf/log"
    for number in range(60):
        assert stack.get(f"/say/{number}").status == 200
        if number in (20, 40):
            for name in ("server.log", "access.log"):
                (log / name).rename(log / f"{name}.{number}")
            os.kill(supervisor, signal.SIGUSR1)
            until(lambda: (log / "access.log").exists() and (log / "server.log").exists())
    # Each worker of nginx writes its own lines later, and a log has another name while its content is moved.
    until(lambda: not missing(log, "server.log", "line {}\n"), what="all lines of the app")
    until(lambda: not missing(log, "access.log", "GET /say/{} "), what="all lines of nginx")
    readable = {path.name: stat.S_IMODE(path.stat().st_mode) for path in log.glob("*.log*")}
    assert {name for name, mode in readable.items() if mode & 0o007} == set(), (
        "addresses and tokens are in them"
    )
    assert "error.log" in readable
    assert "line 59" in (log / "server.log").read_text()
    assert "GET /say/59 " in (log / "access.log").read_text()
    assert Path(log / "server.log.20").read_text().count("line 2\n") == 1


def missing(log: Path, name: str, line: str) -> list[int]:
    """Return the numbers below 60 whose line is neither in the log of this name nor in what was moved aside."""
    with contextlib.suppress(FileNotFoundError):  # renamed between the listing and the look
        text = "".join(path.read_text() for path in log.glob(f"{name}*"))
        return [number for number in range(60) if line.format(number) not in text]
    return list(range(60))
