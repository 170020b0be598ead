"""A folder in which somebody planted a supervisor: commands end in words, whatever it answers."""

from __future__ import annotations

import socket
import threading
from pathlib import Path

import pytest

from enuf.control import client
from enuf.errors import AnswerIsNo
from enuf.model.paths import StackPaths
from enuf.model.protocol import ReloadReply, ReloadRequest, StatusRequest
from enuf.model.status import StackStatus
from tests.support.planted import planted
from tests.support.refusal import assert_refused
from tests.support.stack import Stack

pytestmark = pytest.mark.native


@pytest.mark.parametrize(
    ("verb", "answer"),
    [
        (("status",), b'{"ok":5}\n'),
        (("status",), b"[]\n"),
        (("status",), b'{"ok":{"state":"serving"}}\n'),
        (("status", "--json"), b"[" * 200_000),
        (("reload",), b"x"),
        (("dash",), b'{"ok":{"dashboard":{"url":7}}}\n'),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else repr(value[:20]),
)
def test_an_answer_that_is_none_is_told_as_such(tmp_path: Path, verb: tuple[str, ...], answer: bytes) -> None:
    with planted(tmp_path, lambda end: end.sendall(answer)):
        done = Stack(tmp_path).run(*verb)
    assert_refused(done, 1)
    assert "not understood" in done.err + done.out, done


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a client ask for the status, and give up, after tenths of a second."""
    for name, seconds in (("ASK_EVERY_S", 0.05), ("WITHIN_S", 0.2), ("LOOK_EVERY_S", 0.02)):
        monkeypatch.setattr(client, name, seconds)


def reload(project: Path) -> ReloadReply:
    paths: StackPaths = client.locate_stack(project, "reload")
    return client.ask_supervisor(paths, ReloadRequest(), ReloadReply)


def test_no_command_waits_for_ever_for_a_supervisor_that_is_silent(tmp_path: Path, hasty: None) -> None:
    over = threading.Event()

    def say_nothing(_end: socket.socket) -> None:
        over.wait(60)

    with planted(tmp_path, say_nothing):
        try:
            with pytest.raises(AnswerIsNo, match="has not answered") as refused:
                reload(tmp_path)
            assert "enuf down --now" in refused.value.hint
            with pytest.raises(AnswerIsNo, match="has not answered"):
                client.ask_supervisor(
                    client.locate_stack(tmp_path, "status"), StatusRequest(), StackStatus, 0.1
                )
        finally:
            over.set()


def test_a_reload_that_takes_long_is_waited_for_while_the_supervisor_answers(
    tmp_path: Path, hasty: None
) -> None:
    waiting: list[socket.socket] = []
    asked = threading.Event()

    def talk(end: socket.socket) -> None:
        if not waiting:
            waiting.append(end.dup())
            return
        if len(waiting) < 2 * client.MOST_UNANSWERED:
            waiting.append(end.dup())
            end.sendall(b"{}\n")  # a newer version's status: an answer all the same
            return
        asked.set()
        waiting[0].sendall(b'{"ok":{"generation":2,"url":"http://127.0.0.1:8000"}}\n')

    with planted(tmp_path, talk):
        try:
            assert reload(tmp_path).generation == 2
        finally:
            for end in waiting:
                end.close()
    assert asked.is_set()
