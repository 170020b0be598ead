"""Log rotation that loses no line.

A server that can reopen its logs is told to. Others hold their log open for life, so the file stays and its content
moves: copied while the writers run, then, with the writers stopped for a moment, the last lines too, and emptied.
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

from enuf.model.journal import LogsReopened, WarningGiven
from enuf.model.plan import LogRotation
from enuf.run.care.dashboard import DashboardProcess
from enuf.run.machine.events import FRONT
from enuf.run.process.log_places import can_log, spare_logs
from enuf.run.process.stopping import send_order
from enuf.run.process.units import Units
from enuf.run.running import RunningStack
from enuf.system import files
from enuf.system.journal import Journal
from enuf.system.process import members

LOOK_EVERY_S = 10


class LogRotator:
    """Keeps the logs of a stack small, and written to their usual names."""

    def __init__(
        self, running: RunningStack, units: Units, dashboard: DashboardProcess, journal: Journal
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
        """Let everything be written to the usual names again, after another program has moved the logs."""
        self._signal_reopen()
        for log, sessions in self._held_logs().items():
            with contextlib.suppress(OSError):
                bring_back(log, sessions)
        self._journal.record(LogsReopened())

    def look_after(self) -> Iterator[str]:
        """Let everything be logged to the usual names again after logs were deleted. Yield each repair, in words."""
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
    """`log.1` is free: every older one has moved up by one, and what exceeds `keep` is gone."""
    files.remove(Path(f"{log}.{keep}"))
    for number in range(keep - 1, 0, -1):
        with contextlib.suppress(FileNotFoundError):
            Path(f"{log}.{number}").rename(f"{log}.{number + 1}")


def move_content(log: Path, aside: Path, sessions: Sequence[int]) -> None:
    """What the log held is in `aside`, with its mode, and the log, still the same file, is empty. Writers append (O_APPEND)."""
    files.make_log(aside)
    with log.open("r+b") as source, aside.open("wb") as target:
        os.fchmod(target.fileno(), stat.S_IMODE(os.fstat(source.fileno()).st_mode))
        shutil.copyfileobj(source, target)
        with held_still(sessions):
            shutil.copyfileobj(source, target)
            target.flush()
            source.truncate(0)


def bring_back(log: Path, sessions: Sequence[int]) -> None:
    """A log that was renamed under its writers: the old lines stay at the new name, new ones go to the usual one."""
    moved = _where_it_went(log, sessions)
    if moved is None:
        return
    copy = moved.with_name(f".{moved.name}.copy")
    move_content(moved, copy, sessions)
    if log.exists():  # somebody made an empty one, as `logrotate create` does
        log.unlink()
    moved.rename(log)
    copy.rename(moved)


def has_open(pid: int, log: Path) -> bool:
    """Return True when the process has the file at this path open, or the system does not tell what it has open."""
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
    """Copy what a process that cannot reopen its log has written to a deleted one to the log that is there now.

    Return True when its log was deleted. Raises OSError when there can be no new one.
    """
    for pid in members(session):
        written = Path(f"/proc/{pid}/fd/1")
        with contextlib.suppress(FileNotFoundError, PermissionError, ProcessLookupError):
            found = written.stat()
            if not stat.S_ISREG(found.st_mode) or found.st_nlink:
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
    """Every process of these sessions is stopped, for as long as this takes: keep it to a few milliseconds."""
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
