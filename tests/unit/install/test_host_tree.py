"""What is made for a site is changed through its descriptor: whoever owns the folder can replace a name at any time."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from enuf.errors import PrivilegeNeeded
from enuf.install.change import HostChange, MakeFolder, MakeLog
from enuf.install.target_host import image_host
from enuf.install.tree import HostTree, PathState


@pytest.fixture
def swapped(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A victim, to which the name of everything that is opened or made leads from the next moment on."""
    victim = tmp_path / "victim"
    victim.mkdir(mode=0o700)

    def swap(path: object) -> None:
        place = Path(str(path))
        if place.parent.name == "www" and not place.is_symlink():
            place.rename(place.with_name(f"moved-{place.name}"))
            place.symlink_to(victim)

    def after(call: Callable[..., Any]) -> Callable[..., Any]:
        def wrapped(path: object, *rest: Any, **named: Any) -> Any:
            result = call(path, *rest, **named)
            swap(path)
            return result

        return wrapped

    monkeypatch.setattr(os, "open", after(os.open))
    return victim


@pytest.mark.parametrize(
    "change",
    [MakeLog("/www/access.log", 0o644, None, None), MakeFolder("/www/folder", 0o755)],
    ids=["log", "folder"],
)
def test_a_name_that_is_replaced_while_it_is_made_changes_nothing_else(
    swapped: Path, tmp_path: Path, change: HostChange
) -> None:
    (tmp_path / "www").mkdir()
    HostTree(tmp_path).apply(change)
    assert swapped.stat().st_mode & 0o777 == 0o700
    assert Path(tmp_path / change.path.lstrip("/")).is_symlink()


def test_a_folder_is_restored_through_no_link(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.mkdir(mode=0o700)
    (tmp_path / "folder").symlink_to(victim)
    with pytest.raises(OSError, match=r"folder"):
        HostTree(tmp_path).restore("/folder", PathState(kind="folder", mode=0o777))
    assert victim.stat().st_mode & 0o777 == 0o700


def test_the_state_of_a_file_is_not_read_through_a_link_that_took_its_place(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "secret").write_text("secret")
    (tmp_path / "log").touch()
    seen = (tmp_path / "log").lstat()
    (tmp_path / "log").unlink()
    (tmp_path / "log").symlink_to(tmp_path / "secret")
    monkeypatch.setattr(Path, "lstat", lambda _path: seen)
    with pytest.raises(OSError, match="log"):
        HostTree(tmp_path).state("/log")


@pytest.mark.skipif(os.geteuid() != 0, reason="gives folders away")
@pytest.mark.parametrize("place", [".", "etc", "etc/nginx", "var/lib"])
def test_root_writes_into_no_image_that_another_user_can_change(place: str) -> None:
    with tempfile.TemporaryDirectory(dir="/var/tmp") as name:
        for folder in ("etc/nginx", "var/lib"):
            (Path(name) / folder).mkdir(parents=True)
        os.chown(Path(name) / place, 61001, 61001)
        with pytest.raises(PrivilegeNeeded, match="that another user can change") as refused:
            image_host(Path(name))
        assert "sudo -u '#61001'" in refused.value.hint


def test_a_log_that_everybody_may_read_is_closed_and_one_that_the_host_has_rotated_stays(
    tmp_path: Path,
) -> None:
    log, tree = MakeLog("/shop.access.log", 0o640, None, None), HostTree(tmp_path)
    place = tmp_path / "shop.access.log"
    assert not tree.close_log(log)
    place.write_text("a line\n")
    for mode, is_closed in ((0o644, True), (0o600, False), (0o640, False)):
        place.chmod(mode)
        assert tree.close_log(log) is is_closed
        assert place.stat().st_mode & 0o777 == (0o640 if is_closed else mode)
    assert place.read_text() == "a line\n"
    place.rename(tmp_path / "secret")
    (tmp_path / "secret").chmod(0o644)
    place.symlink_to(tmp_path / "secret")
    assert not tree.close_log(log)
