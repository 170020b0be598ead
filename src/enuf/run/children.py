"""The processes that the supervisor started: known by pid, reaped as they end."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Mapping
from pathlib import Path

from enuf.model.process import Companion, ProcessSpec
from enuf.system import files, process


class Child:
    """One process that we started and have not yet seen the end of."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.mark = process.start_mark(pid) or ""
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

    async def exit_within(self, seconds: float) -> bool:
        """True when it has ended before the time was over."""
        done, _ = await asyncio.wait({self.exited}, timeout=seconds)
        return bool(done)

    def others(self) -> list[int]:
        """The living processes of its session beside itself: its workers, or its orphans."""
        return [pid for pid in process.members(self.pid) if pid != self.pid]


class Children:
    """Starts processes and reaps them, and every orphan that becomes ours.

    One SIGCHLD handler in one thread: no watcher threads, which would tie the death signal to the wrong thread (F102).
    """

    def __init__(self) -> None:
        self._running: dict[int, Child] = {}
        process.become_subreaper()
        asyncio.get_running_loop().add_signal_handler(signal.SIGCHLD, self._reap)

    def start(
        self, spec: ProcessSpec | Companion, environment: Mapping[str, str], lend: tuple[int, ...] = ()
    ) -> Child:
        """The started process; without a log where that cannot be opened. Raises OSError when it cannot be executed."""
        log = _opened(Path(spec.log))
        try:
            started = process.start(
                spec.argv, directory=spec.directory, environment=environment, log=log, lend=lend
            )
        finally:
            os.close(log)
        started.returncode = 0  # we reap it ourselves, so Popen must not try to
        return self.adopt(started.pid)

    def adopt(self, pid: int) -> Child:
        """Watch a process that somebody else in this process forked."""
        child = Child(pid)
        self._running[pid] = child
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
