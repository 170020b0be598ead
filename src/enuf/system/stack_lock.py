"""The lock of a stack, held for the supervisor's whole life (F101) on objects that cannot be removed while they are held.

The first part is a lock on the runtime folder itself, which cannot be removed while it is full. When it is removed
with all that is in it, a second stack could lock the folder that it makes anew: so the second part is a socket with an
abstract name, which is in no file system (Linux only). Every user may take such a name, so it counts only when a
process of the right user holds it.
"""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import sys
from collections.abc import Iterable
from pathlib import Path

import psutil

from enuf.model.paths import StackPaths
from enuf.system import files, sockets
from enuf.system.switch_user import acting_as, keeper_of


class StackLock:
    """The held lock of one stack.

    A forked process has it too: the lock is free when all of them have closed it.
    """

    def __init__(self, folder: int, name: socket.socket | None) -> None:
        self._folder = folder
        self.name = name

    @property
    def descriptors(self) -> tuple[int, ...]:
        """The open descriptors of a held lock: the folder's, and the name's where the system has such names."""
        return (self._folder, self.name.fileno()) if self.name else (self._folder,)

    def is_at(self, runtime: Path) -> bool:
        """Return True while the locked folder is still the one at this path."""
        return self._folder >= 0 and is_same(self._folder, runtime)

    def follow(self, runtime: Path) -> bool:
        """Lock the folder that is at this path now, in place of a removed one.

        Return False when that is impossible.
        """
        if self._folder < 0:
            return False
        try:
            folder = files.lock_folder(runtime)
        except OSError:
            return False
        if folder is None:
            return False
        os.close(self._folder)
        self._folder = folder
        return True

    def rename(self, project: Path) -> None:
        """Hold the name of the folder that is at the project's path now, in place of the name of an earlier folder.

        The lock keeps its name where another process has that one.
        """
        before = self.name
        _take_name(self, project)
        if before is not None and self.name is not before:
            before.close()

    def close(self) -> None:
        """Release the lock, as far as this process holds it."""
        if self._folder >= 0:
            os.close(self._folder)
        self._folder = -1
        if self.name:
            self.name.close()


def lock_stack(paths: StackPaths) -> StackLock | None:
    """Take the lock of the stack; None when another process has it.

    Raise FileNotFoundError when the runtime folder was removed or replaced meanwhile, as by a stack that has
    just ended: make it again, and try again. Raise OSError as the kernel does.
    """
    runtime = Path(paths.runtime)
    folder = files.lock_folder(runtime)
    if folder is None:
        return None
    lock = StackLock(folder, None)
    try:
        if not lock.is_at(runtime):
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(runtime))
        if _take_name(lock, Path(paths.project)) and not sockets.accepts(paths.control_socket):
            return lock
    except BaseException:
        lock.close()
        raise
    lock.close()
    return None


def is_running(paths: StackPaths) -> bool:
    """Return True while a process holds the lock of the stack, or accepts requests for it. Create nothing."""
    return is_locked(Path(paths.runtime)) or _takes_orders(paths) or _name_is_ours(paths)


def is_locked(runtime: Path) -> bool:
    """Return True while a process holds the lock on the runtime folder."""
    with acting_as(keeper_of(runtime)):
        return files.is_locked_folder(runtime)


def _takes_orders(paths: StackPaths) -> bool:
    with acting_as(keeper_of(Path(paths.runtime))):
        return sockets.accepts(paths.control_socket)


def is_same(descriptor: int, path: Path) -> bool:
    """Return True when the open file is still the one at this path."""
    try:
        return os.path.samestat(os.fstat(descriptor), path.lstat())
    except OSError:
        return False


def identity_of(project: Path) -> str:
    """Return the device and inode of the project's folder: it stays the same when the folder is moved."""
    status = project.stat()
    return f"{status.st_dev}:{status.st_ino}"


# -- the name -----------------------------------------------------------------------------------------------------


def _take_name(lock: StackLock, project: Path) -> bool:
    """Let the lock hold the name too. Return False when a process of ours has it already.

    The lock goes without it where the system has no such names, or another user has taken ours.
    """
    if sys.platform != "linux":
        return True
    name, holder = _name(project, os.geteuid()), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    try:
        holder.bind(f"\0{name}")
    except OSError:
        holder.close()
        return not _is_held_by(name, {os.geteuid()})
    lock.name = holder
    return True


def _name_is_ours(paths: StackPaths) -> bool:
    project = Path(paths.project)
    with contextlib.suppress(OSError):
        return any(_is_held_by(_name(project, uid), {uid}) for uid in _possible_users(paths))
    return False


def _possible_users(paths: StackPaths) -> set[int]:
    """Return the uids that may run the stack.

    They are ours, and for root also those of the owners of the project and of the runtime folder.
    """
    me = os.geteuid()
    users = {me}
    for folder in (paths.project, paths.runtime) if me == 0 else ():
        with contextlib.suppress(OSError):
            users.add(os.lstat(folder).st_uid)
    return users


def _name(project: Path, uid: int) -> str:
    return f"enuf/{uid}/{identity_of(project)}"


def _is_held_by(name: str, users: set[int]) -> bool:
    """Return True when a process of one of these users has an open socket with this abstract name."""
    inodes = sockets.inodes_of(f"@{name}")
    return bool(inodes) and any(_has_open(pid, inodes) for pid in _processes_of(users))


def _processes_of(users: set[int]) -> Iterable[int]:
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.uids().effective in users:
                yield process.pid


def _has_open(pid: int, inodes: set[str]) -> bool:
    wanted = {f"socket:[{inode}]" for inode in inodes}
    with contextlib.suppress(OSError), os.scandir(f"/proc/{pid}/fd") as entries:
        for entry in entries:
            with contextlib.suppress(OSError):
                if os.readlink(entry.path) in wanted:  # noqa: PTH115 - a name, not a path
                    return True
    return False
