"""A fix is written to its files all together or not at all, and everything else about the files stays."""

from __future__ import annotations

import fcntl
import os
import resource
import signal
import stat
from pathlib import Path

import pytest

from enuf.doctor.backups import Copies, copies_parent, ways_back
from enuf.doctor.collect.deployment import collect
from enuf.doctor.edits import FileChange
from enuf.doctor.evidence import Evidence
from enuf.doctor.writing import NotWritten, put_back, write_changes

OLD, NEW = "[uwsgi]\nbuffer-size = 32k\n", "[uwsgi]\nbuffer-size = 32768\n"


@pytest.fixture
def copies(tmp_path: Path) -> Copies:
    return Copies(tmp_path / "state/enuf/doctor")


def change(path: Path, before: str = OLD, after: str = NEW) -> FileChange:
    return FileChange(path=str(path), before=before, after=after, encoding="utf-8", codes=("U003",))


def file_with(path: Path, text: str = OLD) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_the_copy_lies_outside_of_the_folder_and_holds_the_old_text(tmp_path: Path, copies: Copies) -> None:
    target = file_with(tmp_path / "sites-enabled/shop")
    (written,) = write_changes([change(target)], copies)
    assert target.read_text() == NEW
    assert written.copy.read_text() == OLD
    assert [path.name for path in target.parent.iterdir()] == ["shop"]
    assert stat.S_IMODE(written.copy.stat().st_mode) == 0o600


def test_every_run_has_a_folder_of_copies_of_its_own(tmp_path: Path) -> None:
    target = file_with(tmp_path / "uwsgi.ini")
    for _ in range(2):
        target.write_text(OLD)
        write_changes([change(target)], Copies(tmp_path / "state/enuf/doctor"))
    assert len(list((tmp_path / "state/enuf/doctor").iterdir())) == 2


def test_copies_are_not_examined(tmp_path: Path, copies: Copies) -> None:
    target = file_with(tmp_path / "uwsgi.ini")
    write_changes([change(target)], copies)
    assert [file.path for file in collect([tmp_path]).files] == [str(target)]


def test_names_with_blanks_are_quoted_on_the_way_back() -> None:
    assert ways_back([(Path("/srv/my site"), Path("/state/a"))]) == ("cp /state/a '/srv/my site'",)


def test_copies_are_kept_where_the_user_keeps_state(tmp_path: Path) -> None:
    assert copies_parent({"XDG_STATE_HOME": str(tmp_path)}) == tmp_path / "enuf/doctor"


@pytest.mark.skipif(os.geteuid() != 0, reason="about root")
def test_root_keeps_no_copies_where_others_can_change_them(tmp_path: Path) -> None:
    os.chown(tmp_path, 61100, 61100)
    assert not copies_parent({"XDG_STATE_HOME": str(tmp_path), "HOME": str(tmp_path)}).is_relative_to(
        tmp_path
    )


def test_mode_and_attributes_stay(tmp_path: Path, copies: Copies) -> None:
    target = file_with(tmp_path / "uwsgi.ini")
    target.chmod(0o640)
    try:
        os.setxattr(target, "user.note", b"mine")
    except OSError:
        pytest.skip("no attributes on this file system")
    write_changes([change(target)], copies)
    assert stat.S_IMODE(target.stat().st_mode) == 0o640
    assert os.getxattr(target, "user.note") == b"mine"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_the_owner_stays(tmp_path: Path, copies: Copies) -> None:
    target = file_with(tmp_path / "uwsgi.ini")
    os.chown(target, 61100, 61101)
    write_changes([change(target)], copies)
    assert (target.stat().st_uid, target.stat().st_gid) == (61100, 61101)


def test_other_names_of_the_file_stay_names_of_it(tmp_path: Path, copies: Copies) -> None:
    target = file_with(tmp_path / "uwsgi.ini")
    second, link = tmp_path / "second", tmp_path / "link"
    second.hardlink_to(target)
    link.symlink_to(target)
    write_changes([change(link)], copies)
    assert (second.read_text(), target.read_text(), link.is_symlink()) == (NEW, NEW, True)
    assert second.samefile(target)


def test_a_shorter_text_leaves_no_rest_of_the_longer_one(tmp_path: Path, copies: Copies) -> None:
    target = file_with(tmp_path / "uwsgi.ini", NEW)
    (tmp_path / "second").hardlink_to(target)
    write_changes([change(target, NEW, OLD)], copies)
    assert target.read_text() == OLD


def test_other_bytes_than_utf8_come_back_as_they_were(tmp_path: Path, copies: Copies) -> None:
    target = tmp_path / "uwsgi.ini"
    target.write_bytes("# 한글\r\n".encode("euc-kr") + b"[uwsgi]\r\nbuffer-size = 32k\r\n")
    evidence: Evidence = collect([target])
    text = evidence.files[0].text
    fixed = FileChange(
        path=str(target), before=text, after=text.replace("32k", "32768"), encoding=evidence.files[0].encoding, codes=()
    )  # fmt: skip
    write_changes([fixed], copies)
    assert target.read_bytes() == "# 한글\r\n".encode("euc-kr") + b"[uwsgi]\r\nbuffer-size = 32768\r\n"


def test_what_a_killed_run_left_beside_a_file_goes_and_what_a_living_run_writes_stays(
    tmp_path: Path, copies: Copies
) -> None:
    target = file_with(tmp_path / "site/uwsgi.ini")
    left, living, other = (
        target.with_name(f".{name}.enuf-new") for name in ("uwsgi.ini.a", "uwsgi.ini.b", "c")
    )
    for path in (left, living, other):
        path.write_text("half of it")
    with living.open("rb") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        write_changes([change(target)], copies)
    assert sorted(path.name for path in target.parent.iterdir()) == [other.name, living.name, "uwsgi.ini"]


def assert_all_as_before(first: Path, second: Path, tmp_path: Path) -> None:
    assert first.read_text() == OLD
    assert not list((tmp_path / "state/enuf/doctor").iterdir())
    assert sorted(path.name for path in second.parent.iterdir()) == [second.name]


def test_a_file_that_changed_meanwhile_keeps_all_files_as_they_are(tmp_path: Path, copies: Copies) -> None:
    first, second = file_with(tmp_path / "a/uwsgi.ini"), file_with(tmp_path / "b/uwsgi.ini", "[uwsgi]\n")
    with pytest.raises(
        NotWritten, match=r"b/uwsgi.ini could not be changed: changed in the meantime; no file was changed$"
    ):
        write_changes([change(first), change(second)], copies)
    assert second.read_text() == "[uwsgi]\n"
    assert_all_as_before(first, second, tmp_path)


@pytest.mark.parametrize("names", [1, 2], ids=["replaced", "written into"])
def test_a_full_disk_keeps_all_files_as_they_are(tmp_path: Path, copies: Copies, names: int) -> None:
    first, second = file_with(tmp_path / "a/uwsgi.ini"), file_with(tmp_path / "b/uwsgi.ini")
    if names == 2:
        (tmp_path / "other").hardlink_to(second)
    large = change(second, OLD, OLD + "# x\n" * 30_000)
    limits, handler = resource.getrlimit(resource.RLIMIT_FSIZE), signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (65_536, limits[1]))
    try:
        with pytest.raises(
            NotWritten, match=r"b/uwsgi.ini could not be changed: File too large; no file was changed$"
        ):
            write_changes([change(first), large], copies)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)
    assert second.read_text() == OLD
    assert_all_as_before(first, second, tmp_path)


def test_without_a_place_for_copies_no_file_is_changed(tmp_path: Path) -> None:
    target = file_with(tmp_path / "uwsgi.ini")
    (tmp_path / "state").write_text("a file")
    with pytest.raises(NotWritten):
        write_changes([change(target)], Copies(tmp_path / "state/enuf/doctor"))
    assert target.read_text() == OLD


def test_files_that_are_put_back_are_as_they_were(tmp_path: Path, copies: Copies) -> None:
    first, second = file_with(tmp_path / "a"), file_with(tmp_path / "b")
    written = write_changes([change(first), change(second)], copies)
    second.write_text("an editor was here")
    assert [each.target for each in put_back(written)] == [second]
    assert (first.read_text(), second.read_text()) == (OLD, "an editor was here")
