"""uWSGI's statistics: what is needed is taken out, secrets are not, and a bad sender does no harm."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from enuf.inspect import uwsgi_stats as module
from enuf.inspect.tracebacker import parse_stacks
from enuf.inspect.uwsgi_stats import Stats, parse_stats_address, read_stats
from enuf.model.address import TcpAddress, UnixAddress
from enuf.model.paths import StackPaths
from enuf.observe.live.worker_threads import READS_AT_ONCE, WorkerThreads

PATHS = StackPaths(project="/p", home="/p/.enuf", runtime="/nowhere")

Serve = Callable[[bytes], TcpAddress]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """A server that sends these bytes to whoever connects, reads nothing, and stays silent after them."""
    server, done = socket.create_server(("127.0.0.1", 0)), threading.Event()
    threads = list[threading.Thread]()

    def answer(data: bytes) -> None:
        connection, _ = server.accept()
        with connection:
            connection.settimeout(10)
            try:
                connection.sendall(data)
            except OSError:
                return
            if not data.endswith(b"}"):
                done.wait(60)

    def start(data: bytes) -> TcpAddress:
        threads.append(threading.Thread(target=answer, args=(data,)))
        threads[-1].start()
        return TcpAddress("127.0.0.1", server.getsockname()[1])

    yield start
    done.set()
    for thread in threads:
        thread.join(15)
    server.close()


def document(*variables: str) -> bytes:
    core = {"id": 0, "in_request": 1, "vars": [*variables, ""], "req_info": {"request_start": 5}}
    return json.dumps({"version": "2.0.30", "workers": [{"id": 1, "pid": 9, "cores": [core]}]}).encode()


def test_of_a_running_request_only_method_path_and_id_are_taken(serve: Serve) -> None:
    secret = ("HTTP_COOKIE=session=secret", "HTTP_AUTHORIZATION=Bearer secret", "QUERY_STRING=token=secret")
    found = read_stats(
        serve(
            document("REQUEST_METHOD=POST", "REQUEST_URI=/pay?card=secret", "HTTP_X_REQUEST_ID=ab", *secret)
        )
    )
    assert found is not None
    (worker,) = WorkerThreads(PATHS).workers([(1, found)], {}, now=10.0)
    (core,) = worker.cores
    assert (core.method, core.path, core.request_id, core.since_s) == ("POST", "/pay", "ab", 4.0)
    assert "secret" not in repr(worker)


def test_an_answer_over_http_is_the_same(serve: Serve) -> None:
    found = read_stats(serve(b"HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n" + document()))
    assert found is not None
    assert found.workers[0].pid == 9


def test_requests_in_flight_are_those_of_workers_that_run(serve: Serve) -> None:
    cores = [{"in_request": 1}, {"in_request": 0}, {"in_request": 1}]
    states = [(9, "busy"), (0, "idle"), (10, "cheap"), (11, "idle")]
    workers = [{"id": 1, "pid": pid, "status": status, "cores": cores} for pid, status in states]
    found = read_stats(serve(json.dumps({"workers": workers}).encode()))
    assert found is not None
    assert found.in_flight == 4


@pytest.mark.parametrize(
    "data",
    [
        b"", b"{", b"nonsense", b"\xff\xfe\x00", b"HTTP/1.1 400 Bad Request\r\n\r\n", b'{"workers": 3}', b'{"workers": [{"id": "x"',
        b'{"workers": [' + b"[" * 100_000, document()[:50],
    ],
)  # fmt: skip
def test_what_is_no_statistics_or_stops_in_the_middle_is_none(
    serve: Serve, data: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "WITHIN_S", 0.3)
    assert read_stats(serve(data)) is None


def test_bytes_that_are_no_text_in_a_request_do_not_blind_us(serve: Serve) -> None:
    found = read_stats(serve(document("REQUEST_URI=/\u00e4").replace(b"\\u00e4", b"\xe4")))
    assert found is not None
    assert found.workers[0].cores[0].request[1].startswith("/")


def test_somebody_who_never_stops_sending_is_left_at_the_limit(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LIMIT_BYTES", 100_000)
    assert read_stats(serve(b'{"workers": [' + b"0," * 5_000_000)) is None


def test_nobody_there_is_none(tmp_path: Path) -> None:
    assert read_stats(UnixAddress(str(tmp_path / "nowhere"))) is None
    assert read_stats(TcpAddress("127.0.0.1", 1)) is None


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("127.0.0.1:1717", TcpAddress("127.0.0.1", 1717)),
        ("http://127.0.0.1:1717/", TcpAddress("127.0.0.1", 1717)),
        (":1717", TcpAddress("127.0.0.1", 1717)),
        ("/run/stats.sock", UnixAddress("/run/stats.sock")),
        ("unix:///run/stats.sock", UnixAddress("/run/stats.sock")),
    ],
)
def test_a_stats_address_is_written_as_people_know_it(written: str, meant: Any) -> None:
    assert parse_stats_address(written) == meant


@pytest.mark.parametrize("written", ["", "nowhere", "example.org:80", "1:2:3", "127.0.0.1:99999"])
def test_what_is_no_address_is_refused_in_words(written: str) -> None:
    with pytest.raises(ValueError, match=r"\w+"):
        parse_stats_address(written)


def test_since_when_a_thread_is_busy_is_measured_from_the_first_look_where_uwsgi_does_not_say() -> None:
    stats = msgspec.json.decode(
        document("HTTP_X_REQUEST_ID=ab").replace(b'"request_start": 5', b""), type=Stats
    )
    lanes = WorkerThreads(PATHS)
    lanes.workers([(1, stats)], {}, now=10.0)
    (worker,) = lanes.workers([(1, stats)], {}, now=13.0)
    assert worker.cores[0].since_s == 3.0


@contextlib.contextmanager
def tracebacker(path: Path) -> Iterator[list[int]]:
    """A tracebacker that answers at this path. Yield the list that gets an entry for each read."""
    reads = list[int]()
    path.parent.mkdir()
    server = socket.socket(socket.AF_UNIX)
    server.bind(str(path))
    server.listen()

    def serve() -> None:
        with contextlib.suppress(OSError):  # the test has ended
            while True:
                with server.accept()[0] as reader:
                    line = len(reads) + 1
                    text = (
                        f"thread_id = uWSGIWorker1Core0 filename = app.py lineno = {line} function = slow\n"
                    )
                    reads.append(reader.send(text.encode()))

    serving = threading.Thread(target=serve)
    serving.start()
    try:
        yield reads
    finally:
        server.shutdown(socket.SHUT_RDWR)
        serving.join()
        server.close()


def test_a_long_requests_stack_is_read_again_when_the_request_is_twice_as_old(tmp_path: Path) -> None:
    lanes = WorkerThreads(replace(PATHS, runtime=str(tmp_path)))
    stats = msgspec.json.decode(document("HTTP_X_REQUEST_ID=ab"), type=Stats)
    with tracebacker(tmp_path / "g1/stack.1") as reads:
        for age in range(40):
            lanes.take_stacks(lanes.workers([(1, stats)], {}, now=6.0 + age))
        assert len(reads) == 6  # at 1, 2, 4, 8, 16 and 32 seconds
        assert lanes.stacks == {"ab": '  File "app.py", line 6, in slow'}
        lanes.take_stacks(())
        lanes.take_stacks(lanes.workers([(1, stats)], {}, now=46.0))
        assert len(reads) == 7, "a request that has been away is a new one"


def test_a_worker_with_ever_new_slow_requests_is_not_asked_without_end(tmp_path: Path) -> None:
    lanes = WorkerThreads(replace(PATHS, runtime=str(tmp_path)))
    with tracebacker(tmp_path / "g1/stack.1") as reads:
        for number in range(100):
            stats = msgspec.json.decode(document(f"HTTP_X_REQUEST_ID={number}"), type=Stats)
            lanes.take_stacks(lanes.workers([(1, stats)], {}, now=10.0))
        assert len(reads) == READS_AT_ONCE


def test_a_threads_stack_is_told_apart_from_the_others() -> None:
    text = """*** uWSGI Python tracebacker output ***

thread_id = uWSGIWorker1Core0 filename = /venv/bin/uwsgi lineno = 8 function = <module> line = sys.exit(run())
thread_id = uWSGIWorker1Core0 filename = app.py lineno = 4 function = slow line = time.sleep(d)

thread_id = uWSGIWorker1Core1 filename = other.py lineno = 7 function = wait line = lock.acquire()
thread_id = Thread-3 filename = mine.py lineno = 7 function = run line = go()
"""
    found = parse_stacks(text)
    assert found == {
        0: '  File "app.py", line 4, in slow\n    time.sleep(d)',
        1: '  File "other.py", line 7, in wait\n    lock.acquire()',
    }
    assert parse_stacks("") == {}
    assert parse_stacks("\x00thread_id = nonsense\n" * 1000) == {}
