"""Log rotation that loses no line.

A server that can reopen its logs gets a signal. Other servers hold their log open for life, so the file stays
and its content moves: it is copied while the writers run; then the writers are stopped for a moment, the last
lines are copied, and the file is emptied.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from enuf.model.plan import LogRotation
from enuf.model.stack_events import LogsReopened, WarningGiven
from enuf.run.care.dashboard import DashboardProcess
from enuf.run.machine.events import FRONT
from enuf.run.process.log_places import can_log, spare_logs
from enuf.run.process.stopping import send_order
from enuf.run.process.units import Units
from enuf.run.running import RunningStack
from enuf.system import files
from enuf.system.journal import EventJournal
from enuf.system.process import members

LOOK_EVERY_S = 10


class LogRotator:
    """The rotation of a stack's logs, and the way back to their usual names."""

    def __init__(
        self, running: RunningStack, units: Units, dashboard: DashboardProcess, journal: EventJournal
    ) -> None:
        self._running = running
        self._units = units
        self._dashboard = dashboard
        self._journal = journal

    async def keep(self) -> None:
        """Rotate logs that have grown too large, until cancelled."""
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            try:
                self.rotate_large(self._running.plan.rotation)
            except OSError as error:
                self._journal.record(WarningGiven(f"a log cannot be rotated: {error}"))

    def rotate_large(self, rotation: LogRotation) -> None:
        """Set every log above the limit aside, and drop the oldest one. Raise OSError."""
        held = self._held_logs()
        reopen = False
        for log in self._logs():
            if log.is_symlink() or files.size_of(log) <= rotation.size_bytes:
                continue  # a link leads to a log that another program writes and rotates
            shift(log, rotation.keep)
            if log in held:
                move_content(log, Path(f"{log}.1"), held[log])
            else:
                log.rename(f"{log}.1")
                reopen = True
        if reopen:
            self._signal_reopen()

    def _logs(self) -> list[Path]:
        paths = self._running.plan.paths
        logs = [*Path(paths.log).glob("*.log"), *spare_logs(paths).glob("*.log")]
        return sorted([*logs, Path(paths.events)])

    async def reopen(self) -> None:
        """Make every process write to the usual log names again, after another program has moved the logs."""
        self._signal_reopen()
        for log, sessions in self._held_logs().items():
            with contextlib.suppress(OSError):
                bring_back(log, sessions)
        self._journal.record(LogsReopened())

    def look_after(self) -> Iterator[str]:
        """Make every process write to the usual log names again after logs were deleted.

        Yield each repair, in words.
        """
        yield from self._restore_front_logs()
        for key, child in self._units.running.items():
            process = self._units.process(key)
            logs = [Path(log) for log in process.opens if log != os.devnull]
            if (
                process.reopen_signal
                and key in self._ready
                and not all(has_open(child.pid, log) for log in logs)
            ):
                self._signal_reopen()
                yield f"a log of {process.name} was removed or moved and has been opened again"
        for log, sessions in self._held_logs().items():
            for pid in sessions:
                if rescue(log, pid):
                    yield f"{log} was removed; what is written to it is copied to a new one every other second"

    @property
    def _ready(self) -> list[str]:
        """The keys of units that have opened their logs and handle the signal to reopen them."""
        return [unit.key for unit in self._running.stack.units if unit.condition == "ready"]

    def _restore_front_logs(self) -> Iterator[str]:
        """Give the front its usual logs back as soon as they can be opened."""
        plan, units = self._running.plan, self._units
        front, child = plan.front, units.running.get(FRONT)
        if not front or not child or FRONT not in units.without_logs or FRONT not in self._ready:
            return
        if front.process.refresh and self._running.stack.phase == "serving" and can_log(front.process):
            units.write_front(plan)
            send_order(front.process.refresh, child)
            yield f"{front.process.name} logs to {plan.paths.log} again"

    def _signal_reopen(self) -> None:
        for key, child in self._units.running.items():
            process = self._units.process(key)
            if process.reopen_signal and key in self._ready:
                for log in process.opens:
                    files.make_log(Path(log))
                child.signal(process.reopen_signal)

    def _held_logs(self) -> dict[Path, list[int]]:
        """Return the logs that their writers cannot reopen, with the sessions of the writers."""
        held: dict[Path, list[int]] = {}
        for key, child in self._units.running.items():
            process = self._units.process(key)
            if not process.reopen_signal and process.log != os.devnull:
                held.setdefault(Path(process.log), []).append(child.pid)
        if self._dashboard.held_log:
            log, pid = self._dashboard.held_log
            held[log] = [pid]
        return held


def shift(log: Path, keep: int) -> None:
    """Free the name `log.1`: rename each rotated log to the next number, and remove what exceeds `keep`."""
    files.remove(Path(f"{log}.{keep}"))
    for number in range(keep - 1, 0, -1):
        with contextlib.suppress(FileNotFoundError):
            Path(f"{log}.{number}").rename(f"{log}.{number + 1}")


def move_content(log: Path, aside: Path, sessions: Sequence[int]) -> None:
    """Move the content of the log to `aside`, with its mode, and empty the log without replacing the file.

    Its writers, in these sessions, must append (O_APPEND). Raise OSError.
    """
    files.make_log(aside)
    with log.open("r+b") as source, aside.open("wb") as target:
        os.fchmod(target.fileno(), stat.S_IMODE(os.fstat(source.fileno()).st_mode))
        shutil.copyfileobj(source, target)
        with held_still(sessions):
            shutil.copyfileobj(source, target)
            target.flush()
            source.truncate(0)


def bring_back(log: Path, sessions: Sequence[int]) -> None:
    """Give a log that was renamed under its writers its usual name back.

    The lines so far stay at the new name.
    """
    moved = _where_it_went(log, sessions)
    if moved is None:
        return
    copy = moved.with_name(f".{moved.name}.copy")
    move_content(moved, copy, sessions)
    if log.exists():  # another program made an empty log, as `logrotate create` does
        log.unlink()
    moved.rename(log)
    copy.rename(moved)


def has_open(pid: int, log: Path) -> bool:
    """Return True when the process has the file at this path open, or its open files are not shown."""
    try:
        wanted, folder = log.stat(), list(os.scandir(f"/proc/{pid}/fd"))
    except FileNotFoundError:
        return not Path(f"/proc/{pid}/fd").is_dir()
    except OSError:
        return True
    for entry in folder:
        with contextlib.suppress(OSError):
            if os.path.samestat(wanted, entry.stat()):
                return True
    return False


def rescue(log: Path, session: int) -> bool:
    """Copy what a process that cannot reopen its log has written to a deleted log into the log that is there now.

    Return True when its log was deleted. Raise OSError when no new log can be made.
    """
    for pid in members(session):
        written = Path(f"/proc/{pid}/fd/1")
        with contextlib.suppress(FileNotFoundError, PermissionError, ProcessLookupError):
            status = written.stat()
            if not stat.S_ISREG(status.st_mode) or status.st_nlink:
                return False
            with os.fdopen(files.open_log(log), "ab") as target:
                _move_rest(written, target, session)
            return True
    return False


def _move_rest(deleted: Path, target: BinaryIO, session: int) -> None:
    with deleted.open("r+b") as source:
        shutil.copyfileobj(source, target)
        target.flush()
        if source.tell() == 0:
            return
        with held_still([session]):
            shutil.copyfileobj(source, target)
            target.flush()
            source.truncate(0)


def _where_it_went(log: Path, sessions: Sequence[int]) -> Path | None:
    for session in sessions:
        for pid in members(session):
            try:
                path = Path(f"/proc/{pid}/fd/1").readlink()
            except OSError:
                continue
            if path != log and path.is_file() and path.parent == log.parent:
                return path
    return None


@contextlib.contextmanager
def held_still(sessions: Sequence[int]) -> Iterator[None]:
    """Suspend every process of these sessions inside the block: keep it to a few milliseconds."""
    stopped: list[int] = []
    try:
        for session in sessions:
            for pid in members(session):
                os.kill(pid, signal.SIGSTOP)
                stopped.append(pid)
        yield
    finally:
        for pid in stopped:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)
