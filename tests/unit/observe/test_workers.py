"""What the workers are doing, from uWSGI's statistics."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from enuf.observe.live.processes import ProcessUsage, memory_text
from enuf.observe.live.workers import busy_threads, child_workers, read_workers


@pytest.fixture
def statistics(tmp_path: Path) -> Iterator[tuple[str, list[bytes]]]:
    """A socket that answers with the bytes that are put into the list."""
    path, answers = str(tmp_path / "stats"), list[bytes]()
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(path)
        server.listen()

        def answer() -> None:
            connection, _ = server.accept()
            with connection:
                connection.sendall(answers[0])

        thread = threading.Thread(target=answer)
        thread.start()
        yield path, answers
        thread.join(10)


def test_workers_are_counted_without_looking_at_their_requests(statistics: tuple[str, list[bytes]]) -> None:
    path, answers = statistics
    pid = os.getpid()
    answers.append(
        b'{"version": "2.0.30", "workers": ['
        b'{"id": 1, "pid": %d, "requests": 7, "status": "idle", "cores": [{"in_request": 0}, {"in_request": 1, "vars": ["HTTP_COOKIE=secret"]}]},'
        b'{"id": 2, "pid": %d, "requests": 3, "status": "idle", "cores": [{"in_request": 0}]},'
        b'{"id": 3, "pid": 0, "requests": 0, "status": "cheap"},'
        b'{"id": 4, "pid": %d, "requests": 1, "status": "sig255"}]}' % (pid, pid, pid)
    )
    found = read_workers(path, 3)
    assert [(worker.id, worker.status, worker.requests) for worker in found] == [
        (1, "busy", 7),
        (2, "idle", 3),
        (4, "idle", 1),
    ]
    assert all((worker.rss_bytes > 2**20, worker.generation) == (True, 3) for worker in found)
    assert busy_threads(found) == (1, 3)
    assert "secret" not in str(found)


@pytest.mark.parametrize(("parent", "is_known"), [(os.getppid(), True), (2**22, False)])
def test_a_pid_of_another_namespace_shows_no_memory_of_the_process_that_has_it_here(
    statistics: tuple[str, list[bytes]], parent: int, is_known: bool
) -> None:
    path, answers = statistics
    answers.append(
        b'{"pid": %d, "workers": [{"id": 1, "pid": %d, "status": "idle"}]}' % (parent, os.getpid())
    )
    (found,) = read_workers(path, 1)
    assert (found.rss_bytes > 0) == is_known
    assert bool(memory_text(found.rss_bytes, found.pss_bytes)) == is_known


@pytest.mark.parametrize(
    "answer", [b"", b"HTTP/1.1 400\r\n\r\n", b'{"workers": 3}', b'{"workers": [{"id"', b"\xff\xfe"]
)
def test_what_is_no_statistics_means_no_workers(statistics: tuple[str, list[bytes]], answer: bytes) -> None:
    path, answers = statistics
    answers.append(answer)
    assert read_workers(path, 1) == ()


def test_a_server_that_is_gone_has_no_workers(tmp_path: Path) -> None:
    assert read_workers(str(tmp_path / "nowhere"), 1) == ()
    assert child_workers(2**22, 1) == ()


def test_a_server_without_statistics_has_its_children_as_workers() -> None:
    with subprocess.Popen(["sleep", "30"]) as child:
        found = {worker.pid: worker for worker in child_workers(os.getpid(), 1)}
        child.kill()
    assert busy_threads(found.values()) == (None, None)
    assert (found[child.pid].status, found[child.pid].requests) == ("unknown", None), (
        "nobody knows what it does"
    )


def test_the_children_of_many_processes_are_found_by_one_look_at_the_host(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looks: list[list[str]] = []
    whole = psutil.process_iter

    def counted(attributes: list[str]) -> Iterator[psutil.Process]:
        looks.append(attributes)
        return whole(attributes)

    monkeypatch.setattr(psutil, "process_iter", counted)
    usage = ProcessUsage()
    with subprocess.Popen(["sh", "-c", "sleep 30 & echo $!; wait"], stdout=subprocess.PIPE) as parent:
        assert parent.stdout
        grandchild = int(parent.stdout.readline())
        found = {pid: usage.children(pid) for pid in (os.getpid(), parent.pid, 2**22, *psutil.pids()[:20])}
        os.kill(grandchild, signal.SIGKILL)
    assert parent.pid in found[os.getpid()]
    assert (found[parent.pid], found[2**22]) == ([grandchild], [])
    assert len(looks) == 1


def test_the_children_of_a_process_that_has_just_begun_are_found_at_once() -> None:
    usage = ProcessUsage()
    usage.children(os.getpid())
    with subprocess.Popen(["sh", "-c", "sleep 30 & echo $!; wait"], stdout=subprocess.PIPE) as parent:
        assert parent.stdout
        grandchild = int(parent.stdout.readline())
        assert usage.children(parent.pid) == [grandchild]
        os.kill(grandchild, signal.SIGKILL)
