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
from enuf.install.change import Change, File, Folder, Link, Nothing
from enuf.install.journal import Begin, Journal
from enuf.install.services import StillHost
from enuf.install.transaction import Transaction, change_of, locked, recover
from enuf.install.tree import HostTree, Seen
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
    st.builds(Folder, st.sampled_from(("/etc/new", "/etc/new/deep", *FOLDERS))),
    st.builds(File, st.sampled_from((*NAMES, "/etc/new/x", "/etc/new/deep/x")), texts, modes),
    st.builds(Link, st.sampled_from((*NAMES, "/etc/new/y")), st.sampled_from(["../b/x", "/etc/a/x"])),
    st.builds(Nothing, st.sampled_from((*NAMES, "/etc/b", "/etc/new"))),
)


class Cut(BaseException):
    """The end of the process, which no handler sees."""


class Mortal(HostTree):
    """A tree whose process is killed at its n-th step, before it, in its middle or after it."""

    def __init__(self, root: Path, lives: int, moment: str) -> None:
        super().__init__(root)
        self.lives = lives
        self.moment = moment

    def make(self, change: Change) -> None:
        self._step(lambda: super(Mortal, self).make(change), change.path)

    def restore(self, path: str, before: Seen) -> None:
        self._step(lambda: super(Mortal, self).restore(path, before), path)

    def _step(self, work: Callable[[], None], path: str) -> None:
        self.lives -= 1
        if self.lives != 0:
            work()
            return
        if self.moment == "after":
            work()
        if self.moment == "middle" and self.place(path).parent.is_dir():
            self.place(path).with_name(f".{self.place(path).name}.enuf-new").write_text("half")
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


def possible(tree: HostTree, wanted: list[Change]) -> Iterator[Change]:
    """Those that make sense in this order: nobody writes a file in the place of a folder, or where there is none."""
    seen = {path: tree.see(path).kind for path in (*NAMES, *FOLDERS, "/etc/new", "/etc/new/deep")}
    for change in wanted:
        kind, parent = seen.get(change.path, "nothing"), seen.get(change.path.rpartition("/")[0], "nothing")
        fits = kind in ("folder", "nothing") if isinstance(change, Folder) else kind != "folder"
        if fits and (parent == "folder" or isinstance(change, Nothing)):
            if parent != "folder":
                continue
            seen[change.path] = {"Folder": "folder", "File": "file", "Link": "link"}.get(
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
    files: dict[str, tuple[str, int] | str], wanted: list[Change], lives: int, second: int, moment: str
) -> None:
    with host_with(files) as root:
        before = everything(root)
        library = root / LIBRARY.lstrip("/")
        library.mkdir()
        todo = list(possible(HostTree(root), wanted))
        journal = Journal(library / "journal")
        journal.write(Begin(verb="install", site="shop"))
        with suppress(Cut):
            Transaction(Mortal(root, lives, moment), StillHost(), journal).make(todo)
        journal.close()
        with suppress(Cut):
            recover(Mortal(root, second, moment), StillHost())
        with locked(HostTree(root)):
            recover(HostTree(root), StillHost())
        assert everything(root) == before


@settings(max_examples=examples(25), deadline=None)
@given(at_start, st.lists(changes, max_size=8))
def test_what_fails_is_undone_at_once(files: dict[str, tuple[str, int] | str], wanted: list[Change]) -> None:
    with host_with(files) as root:
        tree, before = HostTree(root), everything(root)
        with (
            pytest.raises(RolledBack, match="it was interrupted"),
            locked(tree),
            change_of(tree, StillHost(), "install", "shop") as change,
        ):
            change.make(list(possible(tree, wanted)))
            raise KeyboardInterrupt
        assert everything(root) == before


@settings(max_examples=examples(25), deadline=None)
@given(at_start, st.lists(changes, max_size=8))
def test_what_is_done_stays_and_leaves_no_journal(
    files: dict[str, tuple[str, int] | str], wanted: list[Change]
) -> None:
    with host_with(files) as root:
        tree = HostTree(root)
        todo = list(possible(tree, wanted))
        with locked(tree), change_of(tree, StillHost(), "install", "shop") as change:
            change.make(todo)
        after = everything(root)
        assert not [path for path in after if "enuf" in path.removeprefix(str(root))]
        last = {change.path: change for change in todo}
        for path, made in last.items():
            if isinstance(made, File):
                assert tree.place(path).read_bytes() == made.text.encode()
