"""What nobody but the trusted can change: each folder, link and file on the way to a path counts."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from enuf.system.switch_user import acting_as, become, environment_for, keeper_of, refuse_while_acting
from enuf.system.trust import changeable_by_others, first_changeable
from enuf.system.user import User

OURS = frozenset({0, os.geteuid()})
ALICE = User("alice", 61001, 61001, "/home/alice")


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder below a sticky one of root's, in which only its owner can change entries."""
    with tempfile.TemporaryDirectory(dir="/var/tmp") as name:
        place = Path(name)
        place.chmod(0o755)
        yield place


def made(path: Path, mode: int = 0o755) -> Path:
    path.mkdir()
    path.chmod(mode)
    return path


def test_a_path_of_ours_is_ours_and_its_missing_end_is_decided_by_its_folder(folder: Path) -> None:
    assert changeable_by_others(folder, OURS) is None
    assert changeable_by_others(folder / "not" / "there", OURS) is None


@pytest.mark.parametrize(
    ("mode", "is_open"), [(0o755, False), (0o700, False), (0o1777, False), (0o777, True), (0o757, True)]
)
def test_a_folder_that_everybody_can_write_is_found_unless_it_is_sticky(
    folder: Path, mode: int, is_open: bool
) -> None:
    made(folder / "a", mode)
    (folder / "a" / "b").mkdir()
    assert changeable_by_others(folder / "a" / "b", OURS) == (folder / "a" if is_open else None)


def test_a_file_that_everybody_can_write_is_found(folder: Path) -> None:
    file = folder / "file"
    file.touch()
    file.chmod(0o666)
    assert changeable_by_others(file, OURS) == file


def test_both_the_place_of_a_link_and_the_place_that_it_leads_to_count(folder: Path) -> None:
    safe, unsafe = made(folder / "safe"), made(folder / "unsafe", 0o777)
    for place in (safe, unsafe):
        (place / "file").touch(mode=0o644)
    (safe / "out").symlink_to(unsafe / "file")
    (safe / "relative").symlink_to("../unsafe/file")
    (unsafe / "in").symlink_to(safe / "file")
    (safe / "near").symlink_to("file")
    assert changeable_by_others(safe / "out", OURS) == unsafe
    assert changeable_by_others(safe / "relative", OURS) == unsafe
    assert changeable_by_others(unsafe / "in", OURS) == unsafe
    assert changeable_by_others(safe / "near", OURS) is None


def test_of_many_paths_each_file_and_each_link_counts_though_its_folder_was_judged(folder: Path) -> None:
    safe, unsafe = made(folder / "safe"), made(folder / "unsafe", 0o777)
    for place in (safe / "a", safe / "b", unsafe / "file"):
        place.touch(mode=0o644)
    (safe / "out").symlink_to(unsafe / "file")
    (safe / "open").touch()
    (safe / "open").chmod(0o666)
    sound = (safe / "a", safe / "gone", safe / "b", safe / "none" / "x", safe / "none" / "y")
    assert first_changeable(sound, OURS) is None
    assert first_changeable((*sound, safe / "out", safe / "open"), OURS) == unsafe
    assert first_changeable((*sound, safe / "open", safe / "out"), OURS) == safe / "open"
    assert first_changeable((*sound, unsafe / "file"), OURS) == unsafe


def test_a_loop_of_links_ends(folder: Path) -> None:
    (folder / "a").symlink_to(folder / "b")
    (folder / "b").symlink_to(folder / "a")
    assert changeable_by_others(folder / "a", OURS) is None


def test_a_user_outside_the_trusted_is_found_as_an_owner(folder: Path) -> None:
    assert changeable_by_others(folder, frozenset({0, 61999})) == (None if os.geteuid() == 0 else folder)


@pytest.mark.parametrize(
    "name",
    ["XDG_RUNTIME_DIR", "SSH_AUTH_SOCK", "SUDO_UID", "DBUS_SESSION_BUS_ADDRESS", "NOTIFY_SOCKET", "MAIL"],
)
def test_another_users_environment_has_no_variable_of_our_session(name: str) -> None:
    assert name not in environment_for(ALICE, {name: "ours", "DATABASE_URL": "kept"})


def test_another_users_environment_keeps_what_is_meant_for_the_app(folder: Path) -> None:
    shared = {"DATABASE_URL": "x", "PATH": "/bin", "TMPDIR": "/var/tmp", "HOME": "/root", "USER": "root"}
    expected = {**shared, "HOME": "/home/alice", "USER": "alice", "LOGNAME": "alice"}
    assert environment_for(ALICE, shared) == expected
    assert "TMPDIR" not in environment_for(ALICE, {"TMPDIR": str(folder)})


@pytest.mark.root
def test_only_the_rights_change_while_acting_and_no_program_may_be_started(folder: Path) -> None:
    with acting_as(ALICE):
        assert (os.getuid(), os.geteuid(), os.getegid(), os.getgroups()) == (0, 61001, 61001, [61001])
        with pytest.raises(PermissionError):
            (folder / "file").touch()
        with pytest.raises(RuntimeError):
            refuse_while_acting()
    assert (os.geteuid(), os.getegid()) == (0, 0)
    refuse_while_acting()


@pytest.mark.root
def test_text_is_read_while_acting_as_a_user_who_may_not_read_our_python() -> None:
    program = f"""
import sys
from enuf.syntax.encodings import decode_utf8, likely_encoding
from enuf.system.switch_user import acting_as
from enuf.system.user import User
with acting_as(User("alice", {ALICE.uid}, {ALICE.gid}, "/home/alice")):
    sys.path.clear()  # as if the library were closed, below /root for example
    sys.path_importer_cache.clear()
    print(decode_utf8(b"text", "file"), likely_encoding("한글".encode("cp949")), b"a".decode("ascii"))
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=60
    )
    assert (done.stdout, done.returncode) == ("text CP949 a\n", 0), done.stderr


@pytest.mark.root
def test_the_keeper_of_a_path_is_who_could_change_it(folder: Path) -> None:
    hers, bobs = made(folder / "hers"), made(folder / "bobs")
    for place, uid in ((hers, 61001), (bobs, 61002)):
        (place / "file").touch()
        os.chown(place, uid, uid)
    (folder / "to-hers").symlink_to(hers / "file")
    (hers / "to-bobs").symlink_to(bobs / "file")
    (hers / "to-root").symlink_to("/etc/passwd")

    def keeper(path: Path) -> int | None:
        found = keeper_of(path)
        return found.uid if found else None

    assert keeper(folder) is None
    assert keeper(hers) == keeper(hers / "file") == keeper(hers / "not" / "there") == 61001
    assert keeper(folder / "to-hers") == 61001
    assert keeper(hers / "to-bobs") == keeper(hers / "to-root") == 61001
    os.chown(folder / "to-hers", 61003, 61003, follow_symlinks=False)
    assert keeper(folder / "to-hers") == 61003
    assert keeper(made(folder / "open", 0o777)) not in (None, 0)
    sticky = made(folder / "sticky", 0o1777)
    (sticky / "ours").touch()
    (sticky / "hers").touch()
    os.chown(sticky / "hers", 61001, 61001)
    assert keeper(sticky) not in (None, 0)
    assert keeper(sticky / "ours") is keeper(sticky / "new") is None
    assert keeper(sticky / "hers") == 61001


@pytest.mark.root
def test_nothing_of_root_is_left_after_the_change() -> None:
    read_end, write_end = os.pipe()
    inherited = os.open("/etc/passwd", os.O_RDONLY)
    os.set_inheritable(inherited, True)
    pid = os.fork()
    if pid == 0:
        become(ALICE)
        status = dict(
            line.split(":\t", 1)
            for line in Path("/proc/self/status").read_text().splitlines()
            if ":\t" in line
        )
        try:
            os.fstat(inherited)
            is_open = True
        except OSError:
            is_open = False
        facts = (
            os.getresuid(),
            os.getresgid(),
            os.getgroups(),
            int(status["CapPrm"], 16),
            os.umask(0),
            is_open,
        )
        os.write(write_end, repr(facts).encode())
        os._exit(0)
    os.close(write_end)
    os.waitpid(pid, 0)
    seen = os.read(read_end, 4096).decode()
    os.close(read_end)
    os.close(inherited)
    assert seen == repr(((61001,) * 3, (61001,) * 3, [61001], 0, 0o022, False))
