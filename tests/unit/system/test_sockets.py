"""Whose a unix socket is, and what may be removed."""

from __future__ import annotations

import contextlib
import os
import socket
from pathlib import Path

import pytest

from enuf.system import sockets

KINDS = {"stream": socket.SOCK_STREAM, "datagram": socket.SOCK_DGRAM, "seqpacket": socket.SOCK_SEQPACKET}


@pytest.mark.parametrize("kind", KINDS)
def test_a_living_socket_is_held_and_stays(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "it.sock"
    with socket.socket(socket.AF_UNIX, KINDS[kind]) as living:
        living.bind(str(path))
        for listens in (False, True):
            if listens and kind != "datagram":
                living.listen(1)
            assert sockets.is_held(str(path))
            sockets.remove_stale(str(path))
            assert path.is_socket()


@pytest.mark.parametrize("kind", KINDS)
def test_the_file_of_a_socket_that_is_closed_is_stale(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "it.sock"
    with socket.socket(socket.AF_UNIX, KINDS[kind]) as dead:
        dead.bind(str(path))
    assert not sockets.is_held(str(path))
    sockets.remove_stale(str(path))
    assert not path.exists()


def test_a_socket_whose_queue_is_full_accepts_and_stays(tmp_path: Path) -> None:
    path = tmp_path / "it.sock"
    with contextlib.ExitStack() as opened:
        busy = opened.enter_context(socket.socket(socket.AF_UNIX))
        busy.bind(str(path))
        busy.listen(0)
        for _ in range(3):
            client = opened.enter_context(socket.socket(socket.AF_UNIX))
            client.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                client.connect(str(path))
        assert sockets.accepts(str(path))
        sockets.remove_stale(str(path))
        assert path.is_socket()


def test_only_a_socket_is_removed(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    (tmp_path / "link").symlink_to(tmp_path / "gone.sock")
    os.mkfifo(tmp_path / "fifo")
    for name in ("file", "link", "fifo", "nothing"):
        sockets.remove_stale(str(tmp_path / name))
        assert not sockets.accepts(str(tmp_path / name))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["fifo", "file", "link"]


def test_a_path_that_is_too_long_is_nobodys(tmp_path: Path) -> None:
    assert not sockets.accepts(f"{tmp_path}/{'x' * 200}")
