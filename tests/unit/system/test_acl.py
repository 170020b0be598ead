"""One more user may connect, and nobody else: tried as those users."""

from __future__ import annotations

import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from enuf.model.address import UnixAddress
from enuf.run.process.acl_listeners import AclListeners
from enuf.system import acl
from enuf.system.switch_user import ask_as
from enuf.system.user import user_named

pytestmark = [pytest.mark.native, pytest.mark.root]


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder of its own where access lists work, as in /run."""
    with tempfile.TemporaryDirectory(dir="/dev/shm") as name:
        Path(name).chmod(0o710)
        yield Path(name)


def connected_as(name: str, path: Path) -> bool:
    user = user_named(name)
    assert user

    def connect() -> str:
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(path))
        return "connected"

    try:
        return ask_as(user, connect, str) == "connected"
    except OSError:
        return False


def test_the_guest_connects_and_nobody_else_does(folder: Path) -> None:
    guest = user_named("daemon")
    assert guest
    listeners = AclListeners(guest.uid)
    path = folder / "g1.sock"
    listeners.open(UnixAddress(str(path)))
    try:
        assert not connected_as("daemon", path), "the folder is closed"
        acl.grant(folder, guest.uid, acl.ENTER)
        assert connected_as("daemon", path)
        assert not connected_as("nobody", path)
        assert path.stat().st_mode & 0o007 == 0
    finally:
        listeners.close_all()


def test_the_guest_may_enter_a_folder_but_not_look_around(folder: Path) -> None:
    guest = user_named("daemon")
    assert guest
    acl.grant(folder, guest.uid, acl.ENTER)
    secret = folder / "state.json"
    secret.write_text("private")
    secret.chmod(0o600)
    with pytest.raises(OSError, match="Permission denied"):
        ask_as(guest, lambda: ",".join(map(str, folder.iterdir())), str)
    with pytest.raises(OSError, match="Permission denied"):
        ask_as(guest, secret.read_text, str)


def test_systemds_own_way_to_set_the_mode_keeps_the_guest_in(folder: Path) -> None:
    """At every reload systemd compares the folder's mode with RuntimeDirectoryMode, and the list must not change it."""
    guest = user_named("daemon")
    assert guest
    acl.grant(folder, guest.uid, acl.ENTER)
    assert folder.stat().st_mode & 0o7777 == 0o710
