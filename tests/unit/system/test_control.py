"""Requests on the control socket and their replies: whatever the other end of the socket is."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from enuf.errors import AnswerIsNo, Conflict, NotRunning
from enuf.model.failure import failure_of
from enuf.model.paths import StackPaths
from enuf.model.protocol import (
    ControlReply,
    ControlRequest,
    ReloadReply,
    ReloadRequest,
    StatusRequest,
    StopReply,
)
from enuf.model.status import StackStatus
from enuf.run.control import REQUEST_WITHIN_S, SILENT_LIMIT, Control
from enuf.system.control_client import LINE_LIMIT_BYTES, send_request
from tests.support.planted import Talk, answering

STATUS: dict[str, Any] = {
    "state": "serving", "reason": "", "url": "http://127.0.0.1:8000", "topology": "nginx-uwsgi", "generation": 1,
    "app": "app:app", "supervisor": {"pid": 7}, "front": {"name": "nginx", "version": "1", "origin": "system", "pid": 8},
    "server": {"name": "uwsgi", "version": "2", "origin": "system", "pid": 9, "ports": ["127.0.0.1:1"], "processes": 1, "threads": 1},
    "retiring": [], "backlog_limit": 100, "unseen": {"wait": "", "queue": ""},
    "paths": {"conf": "/c", "log": "/l", "socket": "/s", "runtime": "/r"}, "dashboard": None,
    "reloads": {"accepted": 0, "refused": 0}, "warnings": [],
}  # fmt: skip


@pytest.fixture
def paths(tmp_path: Path) -> StackPaths:
    """The paths of a stack whose runtime folder is the test's own."""
    return StackPaths(project=str(tmp_path), home=str(tmp_path), runtime=str(tmp_path))


def status_from(paths: StackPaths, talk: Talk, line_within_s: float = 5.0) -> StackStatus:
    """Return the status that the client reads from an end that talks in this way."""
    with answering(Path(paths.control_socket), talk):
        return send_request(paths, StatusRequest(), StackStatus, timeout_s=10, line_within_s=line_within_s)


def reload_at(paths: StackPaths, sent: bytes) -> ReloadReply:
    """Return the reply to a reload that the client reads from an end that sends these bytes."""
    with answering(Path(paths.control_socket), lambda end: end.sendall(sent)):
        return send_request(paths, ReloadRequest(), ReloadReply, timeout_s=10)


def line(document: object) -> bytes:
    """A document as it is sent."""
    return msgspec.json.encode(document) + b"\n"


def test_a_status_is_a_value_whatever_a_newer_supervisor_adds_to_it(paths: StackPaths) -> None:
    status = status_from(paths, lambda end: end.sendall(line({"ok": {**STATUS, "new": [1]}})))
    assert status == msgspec.convert(STATUS, StackStatus)
    assert (status.generation, status.server.ports, status.reloads.refused) == (1, ("127.0.0.1:1",), 0)


@pytest.mark.parametrize(
    ("generation", "retiring", "expected"),
    [(0, [], ()), (3, ["g2", "g1"], (3, 2, 1)), (3, ["g3", "front", "g²", "g" + "9" * 5000], (3,))],
)
def test_the_generations_of_a_status_are_numbers_without_rubbish(
    generation: int, retiring: list[str], expected: tuple[int, ...]
) -> None:
    document = {**STATUS, "generation": generation, "retiring": retiring}
    assert msgspec.convert(document, StackStatus).generations == expected


def test_an_answer_in_small_pieces_is_put_together(paths: StackPaths) -> None:
    def talk(end: socket.socket) -> None:
        for sign in line({"ok": STATUS}):
            end.sendall(bytes([sign]))

    assert status_from(paths, talk) == msgspec.convert(STATUS, StackStatus)


def test_a_refusal_is_raised_as_the_error_that_it_is(paths: StackPaths) -> None:
    refused = line({"error": failure_of(Conflict("taken", "free it"))})
    with pytest.raises(Conflict, match="taken"):
        reload_at(paths, refused)


RUBBISH = {
    "a number": b'{"ok":5}\n',
    "a list": b"[]\n",
    "no document": b"x\n",
    "no content": b"{}\n",
    "null": b'{"ok":null}\n',
    "nothing known": b'{"ok":{}}\n',
    "other types": line({"ok": {**STATUS, "generation": "x"}}),
    "a pid that no system has": line({"ok": {**STATUS, "supervisor": {"pid": 10**30}}}),
    "a pid of thousands of digits": line({"ok": STATUS}).replace(b'"pid":7', b'"pid":' + b"7" * 5000),
    "a port of thousands of digits": line({"ok": STATUS}).replace(b"127.0.0.1:1", b"127.0.0.1:" + b"1" * 5000),
    "a port that is none": line({"ok": STATUS}).replace(b"127.0.0.1:1", "127.0.0.1:²".encode()),
    "an error that is none": b'{"error":5}\n',
    "an error without words": b'{"error":{}}\n',
    "deep": b'{"ok":' * 100_000 + b"\n",
    "deep lists": b'{"ok":{"a":' + b"[" * 100_000 + b"\n",
    "no text": b"\xff\xfe\n",
    "no end": b'{"ok":{"state":',
    "an empty line": b"\n",
}  # fmt: skip


@pytest.mark.parametrize("answer", RUBBISH.values(), ids=RUBBISH)
def test_what_is_no_answer_is_an_error_with_a_hint(paths: StackPaths, answer: bytes) -> None:
    with pytest.raises(AnswerIsNo, match="not understood") as caught:
        status_from(paths, lambda end: end.sendall(answer))
    assert caught.value.hint


def test_a_reload_that_is_answered_with_something_else_is_an_error(paths: StackPaths) -> None:
    with pytest.raises(AnswerIsNo, match="not understood"):
        reload_at(paths, b'{"ok":{"generation":"two"}}\n')


def test_no_answer_at_all_means_that_nothing_runs(paths: StackPaths) -> None:
    with pytest.raises(NotRunning):
        status_from(paths, lambda end: None)


def test_an_answer_without_an_end_is_cut(paths: StackPaths) -> None:
    sent = 0

    def talk(end: socket.socket) -> None:
        nonlocal sent
        with contextlib.suppress(OSError):
            while sent < 100 * LINE_LIMIT_BYTES:
                sent += end.send(b"x" * 65536)

    with pytest.raises(AnswerIsNo, match="not understood"):
        status_from(paths, talk)
    assert sent < 3 * LINE_LIMIT_BYTES


def test_an_answer_that_trickles_is_not_waited_for(paths: StackPaths) -> None:
    def talk(end: socket.socket) -> None:
        end.settimeout(0.01)
        for _ in range(1000):
            end.sendall(b"{")
            with contextlib.suppress(TimeoutError):
                if not end.recv(1):
                    return
        raise AssertionError("the asker waits for the end")

    with pytest.raises(AnswerIsNo, match="not understood"):
        status_from(paths, talk, line_within_s=0.2)


# -- the supervisor's end


@contextlib.contextmanager
def supervised(paths: StackPaths) -> Iterator[asyncio.Runner]:
    """Open a control socket in an event loop of its own, which confirms every request as a stop."""

    async def perform(request: ControlRequest) -> ControlReply:
        return StopReply()

    control = Control(paths, perform)
    with asyncio.Runner() as runner:
        runner.run(control.open())
        yield runner
        runner.run(control.close())


async def reply(paths: StackPaths, sent: bytes, within_s: float = 60) -> dict[str, Any]:
    """The document that comes back."""
    reader, writer = await asyncio.open_unix_connection(paths.control_socket)
    writer.write(sent)
    found = msgspec.json.decode(await asyncio.wait_for(reader.readline(), within_s), type=dict[str, Any])
    writer.close()
    return found


@pytest.mark.parametrize(
    "request_line",
    [
        b'{"verb":"dance"}\n',
        b"[]\n",
        b"x\n",
        b"[" * 500_000 + b"\n",
        b'{"verb":' * 100_000 + b"\n",
        b"\xff\n",
    ],
    ids=["unknown", "a list", "no document", "deep", "deep objects", "no text"],
)
def test_a_line_that_is_no_request_is_answered_with_an_error(paths: StackPaths, request_line: bytes) -> None:
    with supervised(paths) as runner:
        found = runner.run(reply(paths, request_line))
        assert found["error"]["exit_code"] == AnswerIsNo.exit_code
        assert runner.run(reply(paths, b'{"verb":"status"}\n')) == {"ok": {"stopping": True}}


def test_many_silent_connections_do_not_keep_a_request_waiting(paths: StackPaths) -> None:
    async def flood() -> dict[str, Any]:
        silent = [await asyncio.open_unix_connection(paths.control_socket) for _ in range(400)]
        found = await reply(paths, b'{"verb":"status"}\n', within_s=REQUEST_WITHIN_S - 1)
        dropped = [
            await asyncio.wait_for(reader.read(), REQUEST_WITHIN_S - 1)
            for reader, _ in silent[: 400 - SILENT_LIMIT]
        ]
        assert not any(dropped)
        for _, writer in silent:
            writer.close()
        return found

    with supervised(paths) as runner:
        assert runner.run(flood()) == {"ok": {"stopping": True}}
