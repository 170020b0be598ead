"""The folders of a running stack, and the files that name their owner, put back where they are missing."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from collections.abc import Generator, Iterator
from pathlib import Path

from enuf.model.paths import StackPaths
from enuf.system import files
from enuf.system.closed import make_closed
from enuf.system.runtime_dir import ensure_owner_file, put_home_back
from enuf.system.stack_lock import StackLock, is_same

PRIVATE = 0o700


class StackFolders:
    """The project's and the runtime folder, each checked and restored by a method of its own.

    Each of these methods yields every repair, in words, and raises OSError where it cannot repair.
    """

    def __init__(self, paths: StackPaths, lock: StackLock | None) -> None:
        """`lock` is held on the runtime folder and the project; None where the project's folder never changes."""
        self._paths = paths
        self._lock = lock
        self._runtime = Path(paths.runtime)
        # While it is open, no other folder can get its inode number.
        self._open = os.open(self._runtime, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        self._mode = stat.S_IMODE(os.fstat(self._open).st_mode)
        self._temporary: dict[Path, os.stat_result] = {}
        self._home = Path(os.path.realpath(paths.home))

    def close(self) -> None:
        """Close the runtime folder, and with it the lock on a folder that was made again."""
        os.close(self._open)

    def runtime(self) -> Iterator[str]:
        """Make the runtime folder again, and lock it as the first runtime folder was locked."""
        if is_same(self._open, self._runtime):
            if stat.S_IMODE(os.fstat(self._open).st_mode) != self._mode:
                os.fchmod(self._open, self._mode)
                yield f"the mode of {self._runtime} was changed and is {self._mode:o} again"
            return
        if self._paths.service:
            raise self._made_by_root(self._runtime)
        _clear_for_folder(self._runtime)
        for folder in (self._runtime.parent, self._runtime):
            files.private_folder(folder)
        lock = files.lock_folder(self._runtime)
        if lock is None:
            raise OSError(errno.EBUSY, "another stack has it now", str(self._runtime))
        os.close(self._open)
        self._open = lock
        yield "the runtime folder was removed; it has been made again"

    def temporary(self) -> Iterator[str]:
        """Make the folder of temporary files again, with the front's folders in it.

        The front makes them only at its start.
        """
        top = Path(self._paths.temp)
        if not _is_folder(top) or stat.S_IMODE(top.lstat().st_mode) != PRIVATE:
            _clear_for_folder(top)
            files.private_folder(top)
            yield f"{top} was removed and has been made again"
        for folder, before in self._temporary.items():
            if not _is_so(folder, before):
                _clear_for_folder(folder)
                folder.mkdir(mode=0o700, exist_ok=True)
                folder.chmod(stat.S_IMODE(before.st_mode))
                os.chown(folder, before.st_uid, before.st_gid)
                yield f"{folder} was removed or changed and is there again"
        for entry in os.scandir(top):
            if entry.is_dir(follow_symlinks=False):
                self._temporary.setdefault(Path(entry.path), entry.stat(follow_symlinks=False))

    def claim(self) -> Iterator[str]:
        """Write the file again that names the owner of the runtime folder.

        A release that the project's link has left is no place of this stack any more.
        """
        with contextlib.suppress(FileNotFoundError):  # a project that was moved
            if not self._paths.service and ensure_owner_file(self._paths):
                if self._lock:
                    self._lock.rename(Path(self._paths.project))
                yield f"{self._paths.claim} was removed or changed and has been written again"
            left, self._home = self._home, Path(os.path.realpath(self._paths.home, strict=True))
            if left != self._home:
                _forget_stack(left, Path(self._paths.state).name, self._runtime)

    def home(self) -> Generator[str, None, str]:
        """Make the folders of configurations and logs again, and the link to the runtime folder.

        Return why that failed, in words.
        """
        folders = [Path(self._paths.conf), Path(self._paths.log)]
        in_project = not self._paths.service and self._paths.home != self._paths.runtime
        link = Path(self._paths.home) / "run"
        missing = [folder for folder in folders if not folder.is_dir()]
        if self._paths.service and not missing:
            self._refuse_unwritable(folders)
        if in_project and not (link.is_symlink() and str(link.readlink()) == self._paths.runtime):
            missing.append(link)
        if not missing:
            return ""
        if in_project:
            problem = put_home_back(self._paths)
            if problem:
                return f"{problem}: {', '.join(map(str, missing))} cannot be made again"
        else:
            for folder in missing:
                self._make_again(folder)
        for path in missing:
            yield f"{path} was removed and has been made again"
        return ""

    def _make_again(self, folder: Path) -> None:
        """Make a folder outside of the project. Raise OSError."""
        try:
            make_closed(folder)
        except OSError as error:
            if self._paths.service and error.errno in (errno.EROFS, errno.EACCES):
                raise self._made_by_root(folder) from error
            raise

    def _refuse_unwritable(self, folders: list[Path]) -> None:
        """Raise OSError for a folder that was removed and made again outside: the service sees that one read-only."""
        for folder in folders:
            if not os.access(folder, os.W_OK):
                raise self._made_by_root(folder)

    def _made_by_root(self, folder: Path) -> OSError:
        """Return the error for a folder that the service manager makes, at the start of the service."""
        command = self._paths.service_commands.control("restart", self._paths.service)
        why = f"was removed, and only root can make it: sudo {command}"
        return OSError(errno.EPERM, why, str(folder))


def _forget_stack(home: Path, state: str, runtime: Path) -> None:
    """Remove what tells commands in an earlier release that its stack runs; its configurations and logs stay."""
    link = home / "run"
    with contextlib.suppress(OSError):
        if link.is_symlink() and link.readlink() == runtime:
            files.remove(home / state)
            link.unlink()


def _is_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()


def _is_so(folder: Path, before: os.stat_result) -> bool:
    try:
        status = folder.lstat()
    except OSError:
        return False
    return (status.st_mode, status.st_uid, status.st_gid) == (before.st_mode, before.st_uid, before.st_gid)


def _clear_for_folder(path: Path) -> None:
    """Remove a file or link that stands in the place of a folder of ours."""
    if os.path.lexists(path) and not _is_folder(path):
        path.unlink()
