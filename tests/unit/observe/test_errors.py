"""Tracebacks in the logs become errors, whole, each with the id of its request where the server tells it."""

from __future__ import annotations

from collections.abc import Iterable

from enuf.observe.logs.error_groups import ErrorGroups
from enuf.observe.logs.errors import ErrorCollector
from enuf.observe.logs.records import parse

A, B = "a" * 32, "b" * 32


def traceback(path: str, error: str = "ZeroDivisionError: division by zero") -> list[str]:
    return [
        f"[2026-03-01 10:00:00,123] ERROR in app: Exception on {path} [GET]",
        "Traceback (most recent call last):",
        '  File "app.py", line 3, in view',
        "    return 1/0",
        error,
    ]


def answered(path: str, request_id: str) -> str:
    return f"[2026-03-01T10:00:01+0000] - GET {path}?q=1 500 after 3 ms in the app, worker 1 id={request_id}"


def read(
    errors: ErrorCollector, lines: Iterable[str], file: str = "server.log"
) -> list[tuple[str, str, str]]:
    return [(each.text, each.id, each.layer) for each in errors.read(parse(file, lines, 1.0))]


def test_a_traceback_gets_the_id_from_the_servers_line_after_it() -> None:
    errors = ErrorCollector()
    assert read(errors, traceback("/x")) == []
    assert read(errors, [answered("/x", A)]) == [("ZeroDivisionError: division by zero", A, "app")]


def test_tracebacks_of_two_requests_are_not_mixed_up() -> None:
    errors = ErrorCollector()
    lines = [
        *traceback("/x", "KeyError: 'x'"),
        *traceback("/y", "ValueError: y"),
        answered("/y", B),
        answered("/x", A),
    ]
    assert read(errors, lines) == [("ValueError: y", B, "app"), ("KeyError: 'x'", A, "app")]


def test_the_app_sees_an_address_decoded_and_below_its_prefix() -> None:
    errors = ErrorCollector()
    lines = [
        *traceback("/other", "KeyError: 'x'"),
        *traceback("/a b", "ValueError: y"),
        answered("/shop/a%20b", B),
    ]
    assert read(errors, lines) == [("ValueError: y", B, "app")]
    assert [each.text for each in errors.flush()] == ["KeyError: 'x'"]


def test_a_chain_of_exceptions_is_one_error() -> None:
    errors = ErrorCollector()
    first = traceback("/x", "KeyError: 'x'")
    lines = [
        *first,
        "",
        "During handling of the above exception, another exception occurred:",
        "",
        *first[1:-1],
        "ValueError: y",
    ]
    (found,) = errors.read(parse("server.log", [*lines, answered("/x", A)], 1.0))
    assert (found.text, found.id) == ("ValueError: y", A)
    assert "KeyError" in found.traceback
    assert found.traceback.count("Traceback") == 2


def test_a_traceback_that_no_request_claims_is_told_without_an_id() -> None:
    errors = ErrorCollector()
    lines = traceback("/x")[1:]
    assert read(errors, lines) == []
    assert [(each.text, each.id) for each in errors.flush()] == [("ZeroDivisionError: division by zero", "")]
    assert errors.flush() == []


def test_endless_tracebacks_stay_bounded() -> None:
    errors = ErrorCollector()
    found = errors.read(
        parse("server.log", ["Traceback (most recent call last):", *["  x"] * 100_000, "E: y"], 1.0)
    )
    found += errors.flush()
    assert len(found[0].traceback) < 20_000
    many = [line for number in range(500) for line in traceback(f"/{number}")]
    assert len(read(errors, many)) + len(errors.flush()) == 500
    assert errors.flush() == []


def test_errors_of_the_servers_are_told_and_their_notices_are_not() -> None:
    lines = [
        "2026/03/01 10:00:00 [notice] 1#1: start worker processes",
        "2026/03/01 10:00:00 [error] 1#1: *5 connect() to unix:/x failed (111: Connection refused) while connecting to upstream",
    ]
    ((text, _, layer),) = read(ErrorCollector(), lines, "error.log")
    assert layer == "front"
    assert text.startswith("connect() to unix:/x failed")
    ((text, _, layer),) = read(
        ErrorCollector(), ["[2026-03-01T10:00:01+0000] - DAMN ! worker 1 (pid: 7) died :("]
    )
    assert (text, layer) == ("worker 1 ended unasked", "server")


def test_a_worker_that_gunicorn_ends_is_an_error_and_one_that_leaves_is_none() -> None:
    lines = [
        "[2026-03-01 10:00:00 +0000] [7] [INFO] Worker (pid:8) was sent SIGTERM!",
        "[2026-03-01 10:00:01 +0000] [7] [CRITICAL] WORKER TIMEOUT (pid:9)",
        "[2026-03-01 10:00:02 +0000] [7] [ERROR] Worker (pid:9) was sent SIGKILL! Perhaps out of memory?",
    ]
    found = read(ErrorCollector(), lines)
    assert [(text, layer) for text, _, layer in found] == [
        ("a worker was ended, because a thread of it hung", "server"),
        ("a worker was killed (SIGKILL)", "server"),
    ]


def test_a_request_that_was_lost_with_its_worker_is_told_in_plain_words() -> None:
    line = (
        "2026/03/01 10:00:00 [error] 7#7: *1 upstream prematurely closed connection while reading response header "
        'from upstream, client: 127.0.0.1, server: x, request: "GET /hang?token=x HTTP/1.1", upstream: "uwsgi://unix:/x"'
    )
    ((text, _, _),) = read(ErrorCollector(), [line], "error.log")
    assert text == "the worker that had GET /hang ended before it answered"


def test_errors_that_are_alike_are_one_group_with_the_innermost_line_of_the_project() -> None:
    groups = ErrorGroups("/shop")
    errors = ErrorCollector()
    for number in range(3):
        lines = traceback(f"/x/{number}", f"ValueError: {number}")
        lines[2:2] = ['  File "/shop/venv/lib/python3.11/site-packages/flask/app.py", line 9, in run']
        lines[3] = '  File "/shop/views.py", line 28, in total'
        for error in errors.read(parse("server.log", [*lines, answered(f"/x/{number}", A)], 1.0)):
            groups.add(error)
    (group,) = groups.latest()
    assert (group.count, group.where, group.id) == (3, "views.py:28 in total", A)
    assert (group.request, group.text) == ("GET /x/2", "ValueError: 2")


def test_a_message_of_nginx_names_the_setting_behind_it() -> None:
    line = '2026/03/01 10:00:00 [error] 7#7: *1 {}, client: 127.0.0.1, server: x, request: "POST / HTTP/1.1"'
    for message, setting in (
        (
            "client intended to send too large body: 20000000 bytes",
            "serve.max_body (--max-body); nginx says: ",
        ),
        (
            "upstream timed out (110: Connection timed out) while reading",
            "serve.timeout (--timeout); nginx says: ",
        ),
        ("connect() failed (111: Connection refused) while connecting to upstream", ""),
    ):
        ((text, _, layer),) = read(ErrorCollector(), [line.format(message)], "error.log")
        assert layer == "front"
        assert f"{setting}{message}" in text
        assert bool(setting) is not text.startswith(message)
