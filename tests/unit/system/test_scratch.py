"""Private temporary folders."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

from enuf.system.files import lock_folder
from enuf.system.scratch import scratch_folder

LONG_AGO = 1_000_000_000


@pytest.fixture(autouse=True)
def _own_temporary_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


def left_behind(folder: Path) -> Path:
    """Make a folder as an earlier process would have."""
    folder.mkdir()
    (folder / "copy.py").write_text("x")
    os.utime(folder, (LONG_AGO, LONG_AGO))
    return folder


def test_the_folder_is_for_this_user_and_goes_with_its_files(tmp_path: Path) -> None:
    with scratch_folder("bench") as folder:
        assert folder.parent == tmp_path
        assert folder.stat().st_mode & 0o777 == 0o700
        (folder / "file").write_text("x")
    assert list(tmp_path.iterdir()) == []


def test_the_folder_of_a_killed_process_is_removed(tmp_path: Path) -> None:
    left = left_behind(tmp_path / "enuf-bench-killed")
    with scratch_folder("bench"):
        assert not left.exists()


def test_the_folder_of_a_running_process_stays(tmp_path: Path) -> None:
    used = left_behind(tmp_path / "enuf-bench-running")
    lock = lock_folder(used)
    assert lock is not None
    with scratch_folder("bench"):
        assert (used / "copy.py").exists()
    os.close(lock)


def test_links_files_and_other_folders_stay(tmp_path: Path) -> None:
    target = left_behind(tmp_path / "elsewhere")
    (tmp_path / "enuf-bench-link").symlink_to(target)
    (tmp_path / "enuf-bench-file").write_text("x")
    left_behind(tmp_path / "enuf-trial-other")
    with scratch_folder("bench") as folder:
        assert {each.name for each in tmp_path.iterdir()} == {
            "elsewhere", "enuf-bench-link", "enuf-bench-file", "enuf-trial-other", folder.name,
        }  # fmt: skip
        assert (target / "copy.py").exists()
