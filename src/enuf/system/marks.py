"""Marks that prove which processes are ours, so that no other process is ever signalled.

A pid alone proves nothing: after its process has ended the system gives the pid to another process, also as a
session id. Three things prove more:

- the variable `ENUF_RUN`, a random name per run that every server and everything that it starts inherits. It survives in
  uWSGI (embedded and Debian's), gunicorn and Flask's server; nginx overwrites its environment with its title.
- the sockets and the log that a server was given when it was started: nginx and its workers hold them open.
- on Linux, descent: the supervisor is a subreaper, so whatever its servers leave behind stays below it.
"""

from __future__ import annotations

import contextlib
import functools
import os
import signal
import stat
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import psutil

from enuf.system.process import start_mark

VARIABLE = "ENUF_RUN"
IMPORT = "import"
"""The name of a throw-away import in a mark."""

_ON_LINUX = sys.platform == "linux"

FileIdentity = tuple[int, int]
"""Device and inode of an open file or socket.

The kernel gives a socket's to no other one before the next boot.
"""


_run: list[str] = []


def run_id() -> str:
    """Return the random name of this run. Processes that are forked after the first call share it."""
    if not _run:
        _run.append(os.urandom(16).hex())
    return _run[0]


def adopt_run_id(name: str) -> None:
    """Go on with the run that this process began with another program."""
    _run[:] = [name]


def mark(name: str) -> dict[str, str]:
    """Return the variable that marks a process of this run, and all that it starts."""
    return {VARIABLE: f"{run_id()}:{name}"}


@functools.cache
def boot_id() -> str:
    """Return the id of this boot of the machine; empty on a system without one."""
    with contextlib.suppress(OSError):
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    return ""


def carried(pid: int) -> tuple[str, str]:
    """Return the run and the name in a process's mark.

    Return two empty strings when it has none or cannot be looked into.
    """
    with contextlib.suppress(psutil.Error, OSError, ValueError, OverflowError):
        run, _, name = psutil.Process(pid).environ().get(VARIABLE, "").partition(":")
        return run, name
    return "", ""


def held_by(descriptors: Iterable[int]) -> tuple[FileIdentity, ...]:
    """Return the identities of open descriptors of ours that prove something: sockets and plain files."""
    status = (os.fstat(descriptor) for descriptor in descriptors)
    return tuple(
        (each.st_dev, each.st_ino)
        for each in status
        if stat.S_ISSOCK(each.st_mode) or stat.S_ISREG(each.st_mode)
    )


def holds(pid: int, wanted: frozenset[FileIdentity]) -> bool:
    """Return True when the process has one of these sockets open, or logs to one of these files.

    A log counts only as stdout or stderr.
    """
    return any(
        (status.st_dev, status.st_ino) in wanted and (stat.S_ISSOCK(status.st_mode) or name in ("1", "2"))
        for name, status in _open_in(pid)
    )


def is_open_by(pid: int, paths: Iterable[Path]) -> bool:
    """Return True when the process has one of these files or folders open."""
    wanted = set()
    for path in paths:
        with contextlib.suppress(OSError):
            status = path.lstat()
            wanted.add((status.st_dev, status.st_ino))
    return any((status.st_dev, status.st_ino) in wanted for _, status in _open_in(pid))


def _open_in(pid: int) -> Iterator[tuple[str, os.stat_result]]:
    with contextlib.suppress(OSError):
        for link in Path(f"/proc/{pid}/fd").iterdir():
            with contextlib.suppress(OSError):
                yield link.name, link.stat()


def can_be_looked_into(pid: int) -> bool:
    """Return True when the system shows us the open files of the process."""
    return _ON_LINUX and os.access(f"/proc/{pid}/fd", os.R_OK | os.X_OK)


def is_of_user(pid: int, uid: int) -> bool:
    """Return True when the process lives and runs as that user."""
    with contextlib.suppress(psutil.Error, OSError, ValueError, OverflowError):
        return bool(psutil.Process(pid).uids().real == uid)
    return False


def session_of(pid: int) -> int:
    """Return the session of a process; 0 when there is no such process."""
    with contextlib.suppress(OSError, OverflowError):
        return os.getsid(pid)
    return 0


def all_pids() -> list[int]:
    """Return the pids of all processes.

    Return an empty list when the system does not show them (no descriptor is left).
    """
    with contextlib.suppress(OSError):
        return psutil.pids()
    return []


def children_of(pid: int) -> list[int]:
    """Return the pids of the child processes of a process."""
    with contextlib.suppress(psutil.Error, OSError, ValueError, OverflowError):
        return [one.pid for one in psutil.Process(pid).children()]
    return []


def ancestors() -> Iterator[int]:
    """Yield the pids of this process and its ancestors, which must never be signalled."""
    yield os.getpid()
    with contextlib.suppress(psutil.Error, OSError):
        yield from (process.pid for process in psutil.Process().parents())


def signal_if(pid: int, number: int, is_ours: Callable[[int], bool]) -> bool:
    """Send a signal if `is_ours` returns True for the very process that gets it.

    Return True when it was sent.

    A descriptor (Linux) pins the process during the check, so that its pid cannot pass to another process in
    between.
    """
    if pid <= 1 or pid == os.getpid():
        return False
    with contextlib.suppress(OSError, OverflowError), _pinned(pid) as send:
        if is_ours(pid):
            send(number)
            return True
    return False


@contextlib.contextmanager
def _pinned(pid: int) -> Iterator[Callable[[int], None]]:
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        raise
    except (OSError, AttributeError):  # macOS, an old kernel, or a container that forbids it
        yield lambda number: os.kill(pid, number)
        return
    try:
        yield lambda number: signal.pidfd_send_signal(descriptor, number)
    finally:
        os.close(descriptor)


class Descendants:
    """The descendants of this process, without those that existed before this object.

    A shell may have started others and then become this process (`sidecar & exec enuf up`), and the first
    process of a container gets all orphans: then only processes with the mark of this run count as ours.
    """

    def __init__(self, ours: Iterable[int] = ()) -> None:
        """`ours` are processes that we started before."""
        known = {pid for one in ours for pid in (one, *_below(one))}
        there = {(pid, start_mark(pid)) for pid in _below(os.getpid()) if pid not in known}
        self._before = {(pid, begun) for pid, begun in there if begun is not None}

    def now(self) -> list[int]:
        """Return the pids of the living ones.

        Where orphans do not become our descendants (macOS), return those with our mark.
        """
        below = _below(os.getpid())
        foreign = {pid for pid in below if (pid, start_mark(pid)) in self._before} if self._before else set()
        for pid in foreign.copy():
            foreign.update(_below(pid))
        certain = not self._before and os.getpid() != 1 and _ON_LINUX
        candidates = below if _ON_LINUX else all_pids()
        return [
            pid
            for pid in candidates
            if pid not in foreign and (certain or carried(pid)[0] == run_id()) and start_mark(pid) is not None
        ]

    def marked(self, name: str) -> list[int]:
        """Return the pids of the descendants that carry this name in their mark."""
        return [pid for pid in self.now() if carried(pid) == (run_id(), name)]


def _below(root: int) -> list[int]:
    with contextlib.suppress(psutil.Error, OSError):
        return [
            process.pid
            for process in psutil.Process(root).children(recursive=True)
            if process.pid != os.getpid()
        ]
    return []
