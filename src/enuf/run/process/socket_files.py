"""The files of sockets and FIFOs, each with a second name by which the file can be put back.

A socket whose file is gone cannot be reached, and binding its path again makes another socket, which the
running server does not have. A file may have several names, so a hard link to each is kept in a hidden
folder.
"""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterable, Mapping
from pathlib import Path

from enuf.run.process.listeners import is_still
from enuf.system import files


class SocketFiles:
    """The registered files, each kept under a second name."""

    def __init__(self, runtime: Path, spare: Path) -> None:
        """`spare` is the folder of the second names; both are private."""
        self._runtime = runtime
        self._spare = spare
        self._found: dict[Path, os.stat_result] = {}

    def learn(self, paths: Iterable[Path]) -> None:
        """Register the sockets and FIFOs of a server among these paths, as far as they exist."""
        for path in paths:
            with contextlib.suppress(OSError):
                made = path.lstat()
                if stat.S_ISSOCK(made.st_mode) or stat.S_ISFIFO(made.st_mode):
                    self._found.setdefault(path, made)

    def forget(self, folder: Path) -> None:
        """Drop the files of this folder: their server has ended, or makes new ones."""
        self._found = {path: made for path, made in self._found.items() if path.parent != folder}

    def put_back(self, made: Mapping[Path, os.stat_result]) -> tuple[list[Path], list[Path]]:
        """Restore removed or replaced files, of these and of the registered ones.

        Return the restored paths, and those that cannot be restored.
        """
        every = {**self._found, **made}
        self._drop_old(every)
        back, lost = [], []
        for path, before in every.items():
            if is_still(path, before):
                self._keep(path, before)
            elif self._link_again(path, before):
                back.append(path)
            else:
                lost.append(path)
        return back, lost

    def _name(self, made: os.stat_result) -> Path:
        return self._spare / f"{made.st_dev}-{made.st_ino}"

    def _keep(self, path: Path, made: os.stat_result) -> None:
        with contextlib.suppress(OSError):  # another file system has no second name for it
            if path.lstat().st_mode != made.st_mode:
                path.chmod(stat.S_IMODE(made.st_mode))
            spare = self._name(made)
            if not is_still(spare, made):
                files.private_folder(self._spare)
                files.remove(spare)
                os.link(path, spare, follow_symlinks=False)

    def _link_again(self, path: Path, made: os.stat_result) -> bool:
        spare = self._name(made)
        if not is_still(spare, made):
            return False
        try:
            if path.is_relative_to(self._runtime):  # outside of it, what has come in its place is not ours
                path.parent.mkdir(mode=0o700, exist_ok=True)
                files.remove(path)
            os.link(spare, path, follow_symlinks=False)
            path.chmod(stat.S_IMODE(made.st_mode))
        except OSError:
            return False
        return True

    def _drop_old(self, every: Mapping[Path, os.stat_result]) -> None:
        wanted = {self._name(made).name for made in every.values()}
        with contextlib.suppress(OSError):
            for entry in self._spare.iterdir():
                if entry.name not in wanted:
                    files.remove(entry)
