"""Folders that others must not enter."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from enuf.system.closed import make_closed
from enuf.system.files import open_regular, read_regular


def mode(path: Path) -> int:
    """The permission bits."""
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture(params=[0, 0o022, 0o077], ids="{:03o}".format)
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    """The umask that a test runs with."""
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def test_a_new_one_is_closed_whatever_the_umask(tmp_path: Path, umask: int) -> None:
    make_closed(tmp_path / "new")
    assert mode(tmp_path / "new") == 0o750 & ~umask


@pytest.mark.parametrize(
    ("before", "after"), [(0o755, 0o750), (0o777, 0o750), (0o700, 0o700), (0o2775, 0o2750)]
)
def test_an_open_one_is_closed_and_a_closed_one_stays(tmp_path: Path, before: int, after: int) -> None:
    folder = tmp_path / "old"
    folder.mkdir()
    folder.chmod(before)
    make_closed(folder)
    assert mode(folder) == after


def test_a_link_in_its_place_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere").chmod(0o755)
    (tmp_path / "link").symlink_to("elsewhere")
    make_closed(tmp_path / "link")
    assert mode(tmp_path / "elsewhere") == 0o755


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_that_of_another_user_stays_as_it_is(tmp_path: Path) -> None:
    folder = tmp_path / "theirs"
    folder.mkdir()
    folder.chmod(0o755)
    os.chown(folder, 65534, 65534)
    make_closed(folder)
    assert mode(folder) == 0o755


def test_a_file_in_its_place_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(FileExistsError):
        make_closed(tmp_path / "file")


def test_only_regular_files_are_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "device").symlink_to("/dev/zero")
    (tmp_path / "file").write_bytes(b"x")
    for name in ("fifo", "device", "missing", "."):
        with pytest.raises(OSError):
            open_regular(tmp_path / name)
    assert read_regular(tmp_path / "file") == b"x"
