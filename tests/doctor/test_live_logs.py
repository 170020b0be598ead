"""The lines of nginx, uWSGI and gunicorn that a diagnosis reads."""

from __future__ import annotations

import pytest

from enuf.doctor.live.causes.l003_uwsgi_socket_with_proxy_pass import letters_of
from enuf.doctor.live.server_said import known_pids, said_since_start, tracebacks, worker_ends
from enuf.doctor.live.upstream_errors import parse_front_error, upstream_named

HEAD = "2026/11/28 09:03:34 [error] 16028#16028: *1 "
FIELDS = 'client: 127.0.0.1, server: localhost, request: "GET /a?b=1 HTTP/1.1", upstream: "{}", host: "127.0.0.1:57855"'
START = "*** Starting uWSGI 2.0.30 (64bit) on [Sat Nov 28 09:03:27 2026] ***"


@pytest.mark.parametrize(
    ("said", "errno", "phase"),
    [
        (
            "connect() to unix:/run/a.sock failed (13: Permission denied) while connecting to upstream",
            13,
            "connecting",
        ),
        ("connect() failed (111: Connection refused) while connecting to upstream", 111, "connecting"),
        (
            "upstream timed out (110: Operation timed out) while reading response header from upstream",
            110,
            "reading",
        ),
        ("upstream timed out (110: Connection timed out) while connecting to upstream", 110, "connecting"),
        ("writev() failed (32: Broken pipe) while sending request to upstream", 32, "sending"),
        ("upstream prematurely closed connection while reading response header from upstream", 0, "reading"),
        ("no live upstreams while connecting to upstream", 0, "connecting"),
    ],
)
def test_a_line_of_nginx_tells_number_phase_and_upstream(said: str, errno: int, phase: str) -> None:
    error = parse_front_error(f"{HEAD}{said}, {FIELDS.format('uwsgi://unix:/run/a.sock:')}")
    assert error is not None
    assert (error.errno, error.phase, error.pid, error.text) == (errno, phase, 16028, said)
    assert (error.target, error.upstream) == ("/a?b=1", "uwsgi://unix:/run/a.sock:")


@pytest.mark.parametrize("line", ["", "x", "2026/99/99 09:03:34 [error] 1#1: x", "\x00" * 50, HEAD[:20]])
def test_another_line_is_no_error(line: str) -> None:
    assert parse_front_error(line) is None


@pytest.mark.parametrize(
    ("written", "named"),
    [
        ("uwsgi://unix:/run/a.sock:", "unix:/run/a.sock"),
        ("http://unix:/run/a.sock:/path", "unix:/run/a.sock"),
        ("uwsgi://127.0.0.1:3031", "127.0.0.1:3031"),
        ("http://[::1]:8000/x/y", "[::1]:8000"),
        ("uwsgi://app", "app"),
    ],
)
def test_the_upstream_is_named_as_its_address(written: str, named: str) -> None:
    assert upstream_named(written) == named


def test_only_what_was_said_since_the_last_start_counts() -> None:
    lines = (START, "old", "[2026-11-28 09:10:00 +0000] [7] [INFO] Starting gunicorn 23.0.0", "new")
    said = said_since_start("x.log", lines, is_whole=True)
    assert said.lines == lines[2:]
    assert said.started_at is not None


def test_a_worker_that_the_server_ended_is_told_from_one_that_was_killed() -> None:
    said = said_since_start(
        "x.log",
        (
            START,
            "spawned uWSGI worker 1 (pid: 20, cores: 1)",
            "Sat Nov 28 09:04:00 2026 - *** HARAKIRI ON WORKER 1 (pid: 20, try: 1) ***",
            "Sat Nov 28 09:04:00 2026 - HARAKIRI [core 0] 127.0.0.1 - GET /slow since 1795856638",
            "DAMN ! worker 1 (pid: 20) died, killed by signal 9 :( trying respawn ...",
            "Respawned uWSGI worker 1 (new pid: 30)",
            "DAMN ! worker 1 (pid: 30) died, killed by signal 9 :( trying respawn ...",
            "Respawned uWSGI worker 1 (new pid: 31)",
            "[2026-11-28 09:05:00 +0000] [7] [ERROR] Worker (pid:40) was sent SIGKILL! Perhaps out of memory?",
        ),
        is_whole=True,
    )
    overdue, killed, of_gunicorn = worker_ends(said)
    assert (overdue.pid, overdue.is_overdue, overdue.request, overdue.successor) == (
        20,
        True,
        "GET /slow",
        30,
    )
    assert overdue.at is not None
    assert (killed.pid, killed.is_overdue, killed.signal, killed.successor, killed.at) == (
        30,
        False,
        "SIGKILL",
        31,
        None,
    )
    assert (of_gunicorn.pid, of_gunicorn.signal) == (40, "SIGKILL")
    assert known_pids(said) == {20, 30, 31}


def test_a_traceback_of_the_start_is_told_from_one_of_a_request() -> None:
    trace = ("Traceback (most recent call last):", '  File "app.py", line 1, in <module>', "ValueError: x")
    said = said_since_start(
        "x.log",
        (
            START,
            *trace,
            "ModuleNotFoundError: No module named 'app'",
            "spawned uWSGI worker 1 (pid: 20, cores: 1)",
            *trace,
        ),
        is_whole=True,
    )
    found = tracebacks(said)
    assert [(each.error, each.at_start) for each in found] == [
        ("ValueError: x", True), ("ModuleNotFoundError: No module named 'app'", True), ("ValueError: x", False),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("size", "letters"), [(21573, "ET"), (21327, "OS"), (16709, "EA"), (40000, ""), (8192, "")]
)
def test_the_size_that_uwsgi_complains_of_shows_an_http_request(size: int, letters: str) -> None:
    assert letters_of(size) == letters
