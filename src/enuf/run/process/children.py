"""The processes that the supervisor started: known by pid, reaped as they end."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Iterable, Mapping
from pathlib import Path

import psutil

from enuf.model.process import Companion, Errand, ProcessSpec
from enuf.system import files, marks, process


class Child:
    """One process that we started."""

    def __init__(
        self,
        pid: int,
        *,
        name: str = "",
        lent: tuple[marks.FileIdentity, ...] = (),
        log: tuple[marks.FileIdentity, ...] = (),
    ) -> None:
        self.pid = pid
        self.mark = process.start_mark(pid) or ""
        self.name = name
        """The name in its mark: unlike the key of its unit, unique among the processes of a run."""
        self.lent = lent
        """The sockets that the process was lent."""
        self.holds = (*lent, *log)
        """Those sockets and the log, which its children have as stdout too."""
        self.exited: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        """The wait status, once the process has ended."""

    @property
    def is_running(self) -> bool:
        """False once the process has been reaped. Until then no other process can have its pid."""
        return not self.exited.done()

    def signal(self, name: str) -> None:
        """Send a signal by its name, `TERM`; no-op when the process has ended."""
        if self.is_running:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.Signals[f"SIG{name}"])

    async def end(self) -> int:
        """Wait for the exit and return the wait status. A cancelled waiter does not cancel the future."""
        return await asyncio.shield(self.exited)

    async def exit_within(self, seconds: float) -> bool:
        """Wait for the exit, at most this many seconds. Return True when the process has ended."""
        done, _ = await asyncio.wait({self.exited}, timeout=seconds)
        return bool(done)

    def children(self) -> list[psutil.Process]:
        """Return the living child processes, in any session."""
        if not self.is_running:
            return []
        with contextlib.suppress(psutil.Error, OSError):
            return [one for one in psutil.Process(self.pid).children() if process.start_mark(one.pid)]
        return []

    def others(self) -> list[int]:
        """Return the other living processes of its session: its workers, or its orphans.

        Once the process has been reaped, another one may get its pid and begin a session: then only processes
        count that carry its mark or hold what it was lent.
        """
        return [pid for pid in process.members(self.pid) if pid != self.pid and self.is_of_it(pid)]

    def is_of_it(self, pid: int) -> bool:
        """Return True when the process provably belongs to this child's session."""
        if marks.session_of(pid) != self.pid:
            return False
        return (
            self.is_running or self.marks(pid) or marks.holds(pid, frozenset(self.holds)) or is_below_us(pid)
        )

    def marks(self, pid: int) -> bool:
        """Return True when the process carries the mark of this child.

        The child or a descendant of it has started such a process.
        """
        return bool(self.name) and marks.carried(pid) == (marks.run_id(), self.name)


def is_below_us(pid: int) -> bool:
    """Return True when the process descends from this one (Linux keeps orphans below us)."""
    with contextlib.suppress(psutil.Error, OSError):
        return os.getpid() in (parent.pid for parent in psutil.Process(pid).parents())
    return False


class Children:
    """The processes of the stack: started, and reaped with every orphan that becomes our child.

    One SIGCHLD handler in one thread: no watcher threads, which would tie the death signal to the wrong
    thread (F102).
    """

    def __init__(self, ours: Iterable[int] = ()) -> None:
        """`ours` are processes that were started for the stack before."""
        self._running: dict[int, Child] = {}
        self._started = 0
        self.strays = marks.Descendants(ours)
        """Every descendant, also processes that the app started in sessions of their own."""
        process.become_subreaper()
        asyncio.get_running_loop().add_signal_handler(signal.SIGCHLD, self._reap)

    def start(
        self,
        spec: ProcessSpec | Companion | Errand,
        environment: Mapping[str, str],
        lend: tuple[int, ...] = (),
        *,
        key: str,
        output: int | None = None,
    ) -> Child:
        """Start a process that carries our mark; without a log where the log cannot be opened.

        `output` is a descriptor that takes stdout and stderr in place of the log.
        Raise OSError when the program cannot be executed.
        """
        self._started += 1
        name = f"{key}.{self._started}"
        log = _opened(Path(spec.log)) if output is None else os.dup(output)
        try:
            started = process.start(
                spec.argv,
                directory=spec.directory,
                environment={**environment, **marks.mark(name)},
                log=log,
                lend=lend,
            )
            child = Child(started.pid, name=name, lent=marks.held_by(lend), log=marks.held_by([log]))
        finally:
            os.close(log)
        started.returncode = 0  # we reap it ourselves, so Popen must not try to
        return self._watch(child)

    def adopt(self, pid: int) -> Child:
        """Watch a process that other code of this process forked."""
        return self._watch(Child(pid))

    def orphans(self) -> list[int]:
        """Return the pids of living processes that became children of ours when their parents ended."""
        with contextlib.suppress(psutil.Error, OSError):
            ours = {one.pid for one in psutil.Process().children()} - self._running.keys()
            return [pid for pid in self.strays.now() if pid in ours]
        return []

    def _watch(self, child: Child) -> Child:
        self._running[child.pid] = child
        self._reap()
        return child

    def _reap(self) -> None:
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            child = self._running.pop(pid, None)
            if child and not child.exited.done():
                child.exited.set_result(status)


def _opened(log: Path) -> int:
    try:
        return files.open_log(log)
    except OSError:
        return os.open(os.devnull, os.O_WRONLY | os.O_CLOEXEC)
