"""Orders and their answers: whatever the other end of the socket is."""

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
from enuf.run.control import SILENT_LIMIT, Control
from enuf.system.orders import LINE_LIMIT_BYTES, Order, give_order
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


def ask(paths: StackPaths, talk: Talk, verb: str = "status", **bounds: float) -> dict[str, Any]:
    """What `give_order` makes of an end that talks so."""
    with answering(Path(paths.control_socket), talk):
        return give_order(paths, Order(verb), timeout_s=10, **bounds)  # type: ignore[arg-type]


def line(document: object) -> bytes:
    """A document as it is sent."""
    return msgspec.json.encode(document) + b"\n"


def test_the_answer_to_an_order_comes_back_whole(paths: StackPaths) -> None:
    assert ask(paths, lambda end: end.sendall(line({"ok": {**STATUS, "new": [1]}}))) == {**STATUS, "new": [1]}


def test_an_answer_in_small_pieces_is_put_together(paths: StackPaths) -> None:
    def talk(end: socket.socket) -> None:
        for sign in line({"ok": STATUS}):
            end.sendall(bytes([sign]))

    assert ask(paths, talk) == STATUS


def test_a_refusal_is_raised_as_the_error_that_it_is(paths: StackPaths) -> None:
    refused = line({"error": failure_of(Conflict("taken", "free it"))})
    with pytest.raises(Conflict, match="taken"):
        ask(paths, lambda end: end.sendall(refused), "reload")


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
        ask(paths, lambda end: end.sendall(answer))
    assert caught.value.hint


def test_a_reload_that_is_answered_with_something_else_is_an_error(paths: StackPaths) -> None:
    with pytest.raises(AnswerIsNo, match="not understood"):
        ask(paths, lambda end: end.sendall(b'{"ok":{"generation":"two"}}\n'), "reload")


def test_no_answer_at_all_means_that_nothing_runs(paths: StackPaths) -> None:
    with pytest.raises(NotRunning):
        ask(paths, lambda end: None)


def test_an_answer_without_an_end_is_cut(paths: StackPaths) -> None:
    sent = 0

    def talk(end: socket.socket) -> None:
        nonlocal sent
        with contextlib.suppress(OSError):
            while sent < 100 * LINE_LIMIT_BYTES:
                sent += end.send(b"x" * 65536)

    with pytest.raises(AnswerIsNo, match="not understood"):
        ask(paths, talk)
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
        ask(paths, talk, line_within_s=0.2)


# -- the supervisor's end


@contextlib.contextmanager
def supervised(paths: StackPaths) -> Iterator[asyncio.Runner]:
    """A control socket in an event loop of its own, which answers every order with its verb."""

    async def obey(order: Order) -> dict[str, Any]:
        return {"verb": order.verb}

    control = Control(paths, obey)
    with asyncio.Runner() as runner:
        runner.run(control.open())
        yield runner
        runner.run(control.close())


async def reply(paths: StackPaths, sent: bytes) -> dict[str, Any]:
    """The document that comes back."""
    reader, writer = await asyncio.open_unix_connection(paths.control_socket)
    writer.write(sent)
    found = msgspec.json.decode(await asyncio.wait_for(reader.readline(), 4), type=dict[str, Any])
    writer.close()
    return found


@pytest.mark.parametrize(
    "order",
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
def test_what_is_no_order_is_answered_with_an_error(paths: StackPaths, order: bytes) -> None:
    with supervised(paths) as runner:
        found = runner.run(reply(paths, order))
        assert found["error"]["exit_code"] == AnswerIsNo.exit_code
        assert runner.run(reply(paths, b'{"verb":"status"}\n')) == {"ok": {"verb": "status"}}


def test_many_silent_connections_do_not_keep_an_order_waiting(paths: StackPaths) -> None:
    async def flood() -> dict[str, Any]:
        silent = [await asyncio.open_unix_connection(paths.control_socket) for _ in range(400)]
        found = await reply(paths, b'{"verb":"status"}\n')
        dropped = [await asyncio.wait_for(reader.read(), 4) for reader, _ in silent[: 400 - SILENT_LIMIT]]
        assert not any(dropped)
        for _, writer in silent:
            writer.close()
        return found

    with supervised(paths) as runner:
        assert runner.run(flood()) == {"ok": {"verb": "status"}}
