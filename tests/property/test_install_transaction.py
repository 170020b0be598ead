"""A change of a host that is cut off anywhere is undone exactly: content, mode, owner, links and times."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from enuf.errors import RolledBack
from enuf.install.change import HostChange, MakeFolder, MakeLink, RemovePath, WriteFile
from enuf.install.host_lock import host_lock
from enuf.install.journal import BeginChange, ChangeJournal
from enuf.install.recovery import recover_host
from enuf.install.target_host import image_servers
from enuf.install.transaction import Transaction, host_transaction
from enuf.install.tree import HostTree, PathState
from enuf.model.site import LIBRARY
from tests.support.examples import examples

FOLDERS = ("/etc", "/etc/a", "/etc/a/deep", "/etc/b")
NAMES = tuple(f"{folder}/{name}" for folder in FOLDERS for name in ("x", "y.conf"))

texts = st.text(st.sampled_from("ab\n가\0"), max_size=5)
modes = st.sampled_from([0o600, 0o640, 0o644, 0o755])
at_start = st.dictionaries(
    st.sampled_from(NAMES), st.one_of(st.tuples(texts, modes), st.sampled_from(["../b/x", "/nowhere"]))
)
changes = st.one_of(
    st.builds(MakeFolder, st.sampled_from(("/etc/new", "/etc/new/deep", *FOLDERS))),
    st.builds(WriteFile, st.sampled_from((*NAMES, "/etc/new/x", "/etc/new/deep/x")), texts, modes),
    st.builds(MakeLink, st.sampled_from((*NAMES, "/etc/new/y")), st.sampled_from(["../b/x", "/etc/a/x"])),
    st.builds(RemovePath, st.sampled_from((*NAMES, "/etc/b", "/etc/new"))),
)


class Cut(BaseException):
    """The end of the process; no handler catches it."""


class Mortal(HostTree):
    """A tree whose process is killed at its n-th step, before it, in its middle or after it."""

    def __init__(self, root: Path, lives: int, moment: str) -> None:
        super().__init__(root)
        self.lives = lives
        self.moment = moment

    def apply(self, change: HostChange) -> None:
        self._step(lambda: super(Mortal, self).apply(change), change.path)

    def restore(self, path: str, before: PathState) -> None:
        self._step(lambda: super(Mortal, self).restore(path, before), path)

    def _step(self, work: Callable[[], None], path: str) -> None:
        self.lives -= 1
        if self.lives != 0:
            work()
            return
        if self.moment == "after":
            work()
        if self.moment == "middle" and self.local_path(path).parent.is_dir():
            self.local_path(path).with_name(f".{self.local_path(path).name}.enuf-new").write_text("half")
        raise Cut


@contextmanager
def host_with(files: dict[str, tuple[str, int] | str]) -> Iterator[Path]:
    root = Path(tempfile.mkdtemp())
    try:
        for folder in (*FOLDERS, "/var", "/var/lib"):
            (root / folder.lstrip("/")).mkdir()
        for name, what in files.items():
            place = root / name.lstrip("/")
            if isinstance(what, str):
                place.symlink_to(what)
            else:
                place.write_text(what[0])
                place.chmod(what[1])
                os.utime(place, ns=(1, 1_000_000_007))
        yield root
    finally:
        shutil.rmtree(root)


def everything(root: Path) -> dict[str, object]:
    found: dict[str, object] = {}
    for place in sorted(root.rglob("*")):
        stat = place.lstat()
        rest = (stat.st_mode, stat.st_uid, stat.st_gid)
        if place.is_symlink():
            found[str(place)] = (*rest, os.readlink(place), stat.st_mtime_ns)  # noqa: PTH115
        elif place.is_dir():
            found[str(place)] = rest
        else:
            found[str(place)] = (*rest, place.read_bytes(), stat.st_mtime_ns)
    return found


def possible(tree: HostTree, wanted: list[HostChange]) -> Iterator[HostChange]:
    """Yield the changes that are possible in this order: a file needs its folder, and does not replace one."""
    seen = {path: tree.state(path).kind for path in (*NAMES, *FOLDERS, "/etc/new", "/etc/new/deep")}
    for change in wanted:
        kind, parent = seen.get(change.path, "nothing"), seen.get(change.path.rpartition("/")[0], "nothing")
        fits = kind in ("folder", "nothing") if isinstance(change, MakeFolder) else kind != "folder"
        if fits and (parent == "folder" or isinstance(change, RemovePath)):
            if parent != "folder":
                continue
            seen[change.path] = {"MakeFolder": "folder", "WriteFile": "file", "MakeLink": "link"}.get(
                type(change).__name__, "nothing"
            )
            yield change


@settings(max_examples=examples(80), deadline=None)
@given(
    at_start,
    st.lists(changes, max_size=8),
    st.integers(1, 9),
    st.integers(1, 9),
    st.sampled_from(["before", "middle", "after"]),
)
def test_what_is_cut_off_is_undone_also_when_the_undoing_is_cut_off(
    files: dict[str, tuple[str, int] | str], wanted: list[HostChange], lives: int, second: int, moment: str
) -> None:
    with host_with(files) as root:
        before = everything(root)
        library = root / LIBRARY.lstrip("/")
        library.mkdir()
        todo = list(possible(HostTree(root), wanted))
        journal = ChangeJournal(library / "journal")
        journal.write(BeginChange(verb="install", site="shop"))
        with suppress(Cut):
            Transaction(Mortal(root, lives, moment), image_servers(), journal).apply(todo)
        journal.close()
        with suppress(Cut):
            recover_host(Mortal(root, second, moment), image_servers())
        with host_lock(HostTree(root)):
            recover_host(HostTree(root), image_servers())
        assert everything(root) == before


@settings(max_examples=examples(25), deadline=None)
@given(at_start, st.lists(changes, max_size=8))
def test_what_fails_is_undone_at_once(
    files: dict[str, tuple[str, int] | str], wanted: list[HostChange]
) -> None:
    with host_with(files) as root:
        tree, before = HostTree(root), everything(root)
        with (
            pytest.raises(RolledBack, match="it was interrupted"),
            host_lock(tree),
            host_transaction(tree, image_servers(), "install", "shop") as change,
        ):
            change.apply(list(possible(tree, wanted)))
            raise KeyboardInterrupt
        assert everything(root) == before


@settings(max_examples=examples(25), deadline=None)
@given(at_start, st.lists(changes, max_size=8))
def test_what_is_done_stays_and_leaves_no_journal(
    files: dict[str, tuple[str, int] | str], wanted: list[HostChange]
) -> None:
    with host_with(files) as root:
        tree = HostTree(root)
        todo = list(possible(tree, wanted))
        with host_lock(tree), host_transaction(tree, image_servers(), "install", "shop") as change:
            change.apply(todo)
        after = everything(root)
        assert not [path for path in after if "enuf" in path.removeprefix(str(root))]
        last = {change.path: change for change in todo}
        for path, made in last.items():
            if isinstance(made, WriteFile):
                assert tree.local_path(path).read_bytes() == made.text.encode()
