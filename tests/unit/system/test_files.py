"""Only regular files are read and written to, and nothing waits for what is in their place."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from enuf.system import files

IN_PLACE: dict[str, Callable[[Path], object]] = {
    "a FIFO": os.mkfifo,
    "a folder": lambda path: path.mkdir(),
    "a link to itself": lambda path: path.symlink_to(path),
    "a device": lambda path: path.symlink_to("/dev/zero"),
    "a terminal": lambda path: path.symlink_to("/dev/ptmx"),
}


@pytest.mark.parametrize("what", IN_PLACE)
def test_nothing_but_a_regular_file_is_read(tmp_path: Path, what: str) -> None:
    path = tmp_path / "file"
    IN_PLACE[what](path)
    with pytest.raises(OSError):
        files.read_regular(path)
    assert files.tail(path) == ""


@pytest.mark.parametrize("what", IN_PLACE)
def test_nothing_but_a_regular_file_is_a_log(tmp_path: Path, what: str) -> None:
    path = tmp_path / "log"
    IN_PLACE[what](path)
    with pytest.raises(OSError):
        files.open_log(path)


def test_a_fifo_that_somebody_reads_is_no_log_either(tmp_path: Path) -> None:
    path = tmp_path / "log"
    os.mkfifo(path)
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        with pytest.raises(OSError, match="not a regular file"):
            files.open_log(path)
    finally:
        os.close(reader)


def test_a_log_is_appended_to_and_closed_to_others(tmp_path: Path) -> None:
    path = tmp_path / "log"
    for line in (b"one\n", b"two\n"):
        descriptor = files.open_log(path)
        assert os.get_blocking(descriptor)
        os.write(descriptor, line)
        os.close(descriptor)
    assert path.read_bytes() == b"one\ntwo\n"
    assert path.stat().st_mode & 0o007 == 0


def test_a_log_may_be_a_link_to_a_file_of_our_own(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").touch()
    (tmp_path / "log").symlink_to(tmp_path / "elsewhere")
    os.close(files.open_log(tmp_path / "log"))
    (tmp_path / "new").symlink_to(tmp_path / "not there")
    with pytest.raises(FileNotFoundError):
        files.open_log(tmp_path / "new")
    assert not (tmp_path / "not there").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="giving a file to another user needs root")
def test_a_log_is_no_link_to_a_file_of_another_user(tmp_path: Path) -> None:
    theirs = tmp_path / "theirs"
    theirs.touch()
    os.chown(theirs, 61011, 61011)
    (tmp_path / "log").symlink_to(theirs)
    with pytest.raises(PermissionError):
        files.open_log(tmp_path / "log")


def test_a_file_that_only_enuf_writes_is_not_read_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    (tmp_path / "state.json").symlink_to(tmp_path / "secret")
    assert files.read_regular(tmp_path / "state.json") == b"secret"
    with pytest.raises(OSError):
        files.read_regular(tmp_path / "state.json", follow=False)


def test_no_more_is_read_than_was_asked_for(tmp_path: Path) -> None:
    (tmp_path / "large").write_bytes(b"x" * 100)
    assert len(files.read_regular(tmp_path / "large", 10)) == 10
