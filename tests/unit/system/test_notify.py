"""What systemd is told, as systemd would hear it."""

from __future__ import annotations

import socket
import uuid
from pathlib import Path

import pytest

from enuf.system.notify import notify


@pytest.mark.parametrize("kind", ["path", "abstract"])
def test_the_lines_arrive_as_one_message(tmp_path: Path, kind: str) -> None:
    name = str(tmp_path / "notify") if kind == "path" else f"@{uuid.uuid4().hex}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(name.replace("@", "\0", 1))
        systemd.settimeout(5)
        notify({"NOTIFY_SOCKET": name}, "READY=1", "STATUS=serves 가게")
        assert systemd.recv(4096).decode() == "READY=1\nSTATUS=serves 가게"


@pytest.mark.parametrize(
    "environ",
    [{}, {"NOTIFY_SOCKET": ""}, {"NOTIFY_SOCKET": "/nobody/is/here"}, {"NOTIFY_SOCKET": "vsock:2:1"}],
)
def test_where_nobody_listens_nothing_happens(environ: dict[str, str]) -> None:
    notify(environ, "READY=1")
