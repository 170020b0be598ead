"""The lock of a stack: one holder, whatever happens to the folders; and a folder that goes with its stack."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import sys
from pathlib import Path

import pytest

from enuf.model.paths import StackPaths
from enuf.system.runtime_dir import leave_place, locate, take_place
from enuf.system.stack_lock import is_running, lock_stack

TURNS, TAKERS = 60, 4


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    own = Path(os.path.realpath(tmp_path)) / "own"
    own.mkdir(mode=0o700)
    monkeypatch.setattr("enuf.system.runtime_dir._LONGEST_BASE_BYTES", 4096)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(own))
    (tmp_path / "shop").mkdir()
    return tmp_path / "shop"


def test_a_lock_has_one_holder_and_goes_with_its_folder(project: Path) -> None:
    paths, warning, lock = take_place(project)
    assert lock and not warning
    assert is_running(paths) and is_running(locate(project))
    assert take_place(project)[2] is None
    leave_place(paths, lock)
    assert not Path(paths.runtime).exists()
    assert not is_running(paths)


@pytest.mark.skipif(sys.platform != "linux", reason="abstract names are Linux's")
@pytest.mark.parametrize(
    "gone", ["the runtime folder", "the folder around it", "all of .enuf and the runtime folder"]
)
def test_a_second_one_is_refused_when_the_locked_folder_is_gone(project: Path, gone: str) -> None:
    paths, _, lock = take_place(project)
    assert lock
    shutil.rmtree(Path(paths.runtime).parent if "around" in gone else paths.runtime)
    if ".enuf" in gone:
        shutil.rmtree(project / ".enuf")
    assert is_running(locate(project))
    assert take_place(project)[2] is None
    lock.close()
    again = take_place(project)
    assert again[2]
    leave_place(again[0], again[2])


def test_a_folder_that_was_replaced_is_not_locked_in_the_place_of_the_other(project: Path) -> None:
    paths, _, lock = take_place(project)
    assert lock
    lock.close()
    shutil.rmtree(paths.runtime)
    with pytest.raises(FileNotFoundError):
        lock_stack(paths)
    Path(paths.runtime).symlink_to(project)
    with pytest.raises(OSError):
        lock_stack(paths)
    Path(paths.runtime).unlink()


def test_the_name_of_another_project_is_another(project: Path) -> None:
    other = project.with_name("other")
    other.mkdir()
    places = [take_place(each) for each in (project, other)]
    for paths, _, lock in places:
        assert lock
        leave_place(paths, lock)


def take_turns(project: Path, inside: Path, taken: multiprocessing.Queue[int]) -> None:
    """Take the place and leave it again and again; in it, nobody else may be."""
    count = 0
    for _ in range(TURNS):
        paths, _, lock = take_place(project)
        if lock is None:
            continue
        inside.mkdir()  # raises when somebody is in there
        assert Path(paths.temp).is_dir() and Path(paths.claim).is_file()
        inside.rmdir()
        leave_place(paths, lock)
        count += 1
    taken.put(count)


def test_stacks_that_come_and_go_at_once_are_never_two(project: Path, tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    taken = context.Queue()
    takers = [
        context.Process(target=take_turns, args=(project, tmp_path / "inside", taken)) for _ in range(TAKERS)
    ]
    for taker in takers:
        taker.start()
    for taker in takers:
        taker.join(60)
    assert [taker.exitcode for taker in takers] == [0] * TAKERS
    assert sum(taken.get() for _ in takers) >= TAKERS


def test_a_service_keeps_the_folder_that_systemd_made(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    paths = StackPaths(
        project=str(tmp_path), home=f"{tmp_path}/run", runtime=f"{tmp_path}/run", service="enuf-shop.service"
    )
    lock = lock_stack(paths)
    assert lock
    leave_place(paths, lock)
    assert (tmp_path / "run").is_dir()
