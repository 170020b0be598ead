"""The lines of the servers' own logs are split into time and text, and errors are told from notices."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable

import pytest

from enuf.inspect.error_log import error_message, parse_error_line
from enuf.inspect.server_log import (
    parse_failed_request,
    parse_server_line,
    server_error,
    with_app_marked,
    without_stamps,
)
from enuf.syntax.worker_ends import UWSGI_ENDS
from enuf.wrapper.stamps import as_json, as_text

ID = "0123456789abcdef" * 2


def test_a_line_of_nginx_has_the_local_time() -> None:
    line = parse_error_line("2026/03/01 10:00:00 [error] 12#12: *1 connect() failed")
    assert line is not None
    assert line.at == datetime.datetime(2026, 3, 1, 10).astimezone().timestamp()
    assert error_message(line.text) == "connect() failed"


C_STACK = (
    "/srv/.venv/lib/python3.11/site-packages/pyuwsgi.cpython-311-x86_64-linux-gnu.so(uwsgi_segfault+0x2f) [0x7f251901b4af]",
    "/lib/x86_64-linux-gnu/libc.so.6(+0x3c050) [0x7f251945a050]",
    "uwsgi(simple_loop_run+0xd6) [0x55c71c6]",
    "[0x7ffd1234abcd]",
    "0   uwsgi                               0x000000010d7a9c3e uwsgi_backtrace + 46",
)
"""What a crashed worker writes without a time: with glibc's words, and with those of macOS."""


@pytest.mark.parametrize("text", ["2026/03/01 10:00:00 the app prints a date", "[error] 1#1: no time", ""])
def test_a_line_that_only_resembles_nginx_is_none_of_its_lines(text: str) -> None:
    assert parse_error_line(text) is None


@pytest.mark.parametrize("level", ["debug", "info", "notice", "warn"])
def test_a_level_below_error_is_no_error(level: str) -> None:
    assert error_message(f"[{level}] 1#1: *2 something") is None


def test_a_time_that_does_not_exist_is_unknown() -> None:
    line = parse_error_line("2026/99/99 99:99:99 [error] 1#1: x")
    assert line is not None
    assert line.at is None


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("[2026-03-01T10:00:01+0000] - spawned uWSGI worker 1", "spawned uWSGI worker 1"),
        ("[2026-03-01 10:00:01 +0000] [12] [INFO] Booting worker", "[INFO] Booting worker"),
        ("[uWSGI] getting INI configuration", "[uWSGI] getting INI configuration"),
        *((line, line) for line in C_STACK),
        ("(array) [0x10]", None),
        ("hello from the app", None),
        ("[2026-03-01 10:00:03,123] ERROR in app: Exception on / [GET]", None),
    ],
)
def test_lines_of_the_server_are_told_from_lines_of_the_app(line: str, text: str | None) -> None:
    parsed = parse_server_line(line)
    assert (parsed.text if parsed else None) == text


@pytest.mark.parametrize("prefix", ["", "[ERROR] "])
def test_a_failed_request_has_method_path_and_id(prefix: str) -> None:
    failed = parse_failed_request(f"{prefix}GET /x%20y?q=1 500 after 3 ms in the app, worker 1 id={ID}")
    assert failed is not None
    assert (failed.method, failed.path, failed.id) == ("GET", "/x%20y", ID)
    assert parse_failed_request(f"GET /x 200 after 3 ms id={ID}") is None


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("DAMN ! worker 1 (pid: 7) died :( trying respawn ...", "worker 1 ended unasked"),
        ("DAMN ! worker 2 (pid: 7) died, killed by signal 11 :( trying respawn ...", "worker 2 crashed (SIGSEGV)"),
        ("!!! uWSGI process 7 got Segmentation Fault !!!", "a worker crashed (SIGSEGV)"),
        ("OOPS ! failed loading app in worker 1 (pid 7)", "worker 1 could not load the app"),
        ("[CRITICAL] WORKER TIMEOUT (pid:9)", "a worker was ended, because a thread of it hung"),
        ("[ERROR] Worker (pid:9) was sent SIGKILL! Perhaps out of memory?", "a worker was killed (SIGKILL)"),
        ("[ERROR] Worker (pid:9) exited with code 1.", "a worker exited by itself (status 1)"),
        ("[ERROR] Worker (pid:9) exited with code 3.", "a worker could not load the app"),
        ("[WARNING] Worker (pid:9) was sent SIGSYS!", "a worker crashed (SIGSYS)"),
        ("!!! uWSGI process 7 got Floating Point Exception !!!", "a worker crashed (SIGFPE)"),
        ("*** HARAKIRI ON WORKER 1 (pid: 7, try: 1, graceful: no) ***", "worker 1 was ended, because a thread of it hung"),
        ("[INFO] Worker (pid:8) was sent SIGTERM!", None),
        ("[INFO] Worker (pid:8) exited with code 0", None),
    ],
)  # fmt: skip
def test_what_ends_requests_is_an_error_of_the_server_in_plain_words(line: str, text: str | None) -> None:
    assert server_error(line) == text


@pytest.mark.parametrize("lines", [as_text, as_json])
def test_what_a_visitor_makes_the_app_print_is_no_line_of_the_server(
    lines: Callable[[list[bytes]], bytes],
) -> None:
    forged = "DAMN ! worker 1 (pid: 7) died, killed by signal 11 :( trying respawn ..."
    wrapped = "enuf: GET /x id=a: answer cut short: why"
    genuine = f"[2026-03-01T10:00:01+0000] - {forged}\n"
    text = lines([forged.encode(), wrapped.encode(), b'{"a": 1}']).decode() + genuine + "raw\n"
    marked = with_app_marked(text).split("\n")
    assert marked[:2] == [f"| {forged}", wrapped]
    assert marked[2] == '| {"a": 1}'
    assert marked[3:] == [genuine[:-1], "raw", ""]
    assert without_stamps(text) == f'{forged}\n{wrapped}\n{{"a": 1}}\n{genuine}raw\n'
    assert [
        match["worker"] for match in re.finditer(UWSGI_ENDS.line + UWSGI_ENDS.died, with_app_marked(text))
    ] == ["1"]
