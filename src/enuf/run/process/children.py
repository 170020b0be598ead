"""The processes that the supervisor started: known by pid, reaped as they end."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Iterable, Mapping
from pathlib import Path

import psutil

from enuf.model.process import Companion, ProcessSpec
from enuf.system import files, marks, process


class Child:
    """One process that we started and have not yet seen the end of."""

    def __init__(
        self, pid: int, *, name: str = "", lent: tuple[marks.Held, ...] = (), log: tuple[marks.Held, ...] = ()
    ) -> None:
        self.pid = pid
        self.mark = process.start_mark(pid) or ""
        self.name = name
        """What its mark calls it: unlike the key of its unit, no two processes of a run have the same."""
        self.lent = lent
        """The sockets that it was given."""
        self.holds = (*lent, *log)
        """The same and its log, which whatever it starts has as stdout too."""
        self.exited: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        """Its wait status, once it has ended."""

    @property
    def is_running(self) -> bool:
        """False once its end has been seen. Until then its pid cannot belong to another process."""
        return not self.exited.done()

    def signal(self, name: str) -> None:
        """Send a signal by its name, `TERM`; nothing happens when it has ended."""
        if self.is_running:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.Signals[f"SIG{name}"])

    async def end(self) -> int:
        """Wait for its end. Return the wait status. A waiter that is cancelled does not take the future with it."""
        return await asyncio.shield(self.exited)

    async def exit_within(self, seconds: float) -> bool:
        """True when it has ended before the time was over."""
        done, _ = await asyncio.wait({self.exited}, timeout=seconds)
        return bool(done)

    def children(self) -> list[psutil.Process]:
        """Return its living child processes, in whatever session."""
        if not self.is_running:
            return []
        with contextlib.suppress(psutil.Error, OSError):
            return [one for one in psutil.Process(self.pid).children() if process.start_mark(one.pid)]
        return []

    def others(self) -> list[int]:
        """The living processes of its session beside itself: its workers, or its orphans.

        Once it has been reaped, another process may get its number and begin a session: then only those count that
        carry its mark or hold what it was given.
        """
        return [pid for pid in process.members(self.pid) if pid != self.pid and self.is_of_it(pid)]

    def is_of_it(self, pid: int) -> bool:
        """Return True when the process belongs to this child's session, beyond doubt."""
        if marks.session_of(pid) != self.pid:
            return False
        return (
            self.is_running or self.marks(pid) or marks.holds(pid, frozenset(self.holds)) or is_below_us(pid)
        )

    def marks(self, pid: int) -> bool:
        """Return True when the process carries the mark of this child: it, or a process that it started, began it."""
        return bool(self.name) and marks.carried(pid) == (marks.run_id(), self.name)


def is_below_us(pid: int) -> bool:
    """Return True when the process descends from this one (Linux keeps orphans below us)."""
    with contextlib.suppress(psutil.Error, OSError):
        return os.getpid() in (parent.pid for parent in psutil.Process(pid).parents())
    return False


class Children:
    """Starts processes and reaps them, and every orphan that becomes ours.

    One SIGCHLD handler in one thread: no watcher threads, which would tie the death signal to the wrong thread (F102).
    """

    def __init__(self, ours: Iterable[int] = ()) -> None:
        """`ours` are processes that were started for us before."""
        self._running: dict[int, Child] = {}
        self._started = 0
        self.strays = marks.Descendants(ours)
        """Everything below us, also what the app started in sessions of its own."""
        process.become_subreaper()
        asyncio.get_running_loop().add_signal_handler(signal.SIGCHLD, self._reap)

    def start(
        self,
        spec: ProcessSpec | Companion,
        environment: Mapping[str, str],
        lend: tuple[int, ...] = (),
        *,
        key: str,
    ) -> Child:
        """Start a process that carries our mark, without a log where that cannot be opened.

        Raises OSError when it cannot be executed.
        """
        self._started += 1
        name = f"{key}.{self._started}"
        log = _opened(Path(spec.log))
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
        """Watch a process that somebody else in this process forked."""
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
