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
from typing import TYPE_CHECKING

from enuf.model.plan import LogRotation
from enuf.system import files
from enuf.system.process import members

if TYPE_CHECKING:
    from enuf.run.supervisor import Supervisor

LOOK_EVERY_S = 10


class Rotation:
    """Keeps the logs of a stack small."""

    def __init__(self, supervisor: Supervisor) -> None:
        self._supervisor = supervisor

    async def keep(self) -> None:
        """For ever: rotate what has grown too large."""
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            try:
                self.rotate_large(self._supervisor.plan.rotation)
            except OSError as error:
                self._supervisor.diary.write(f"warning: a log cannot be rotated: {error}")

    def rotate_large(self, rotation: LogRotation) -> None:
        """Every log above the limit is set aside, the oldest one dropped."""
        folder = Path(self._supervisor.plan.paths.log)
        held = self._held_logs()
        reopen = False
        for log in sorted(folder.glob("*.log")):
            if log.is_symlink() or files.size_of(log) <= rotation.size_bytes:
                continue  # a link leads to what somebody else writes and rotates
            shift(log, rotation.keep)
            if log in held:
                move_content(log, Path(f"{log}.1"), held[log])
            else:
                log.rename(f"{log}.1")
                reopen = True
        if reopen:
            self._tell_to_reopen()

    async def reopen(self) -> None:
        """After somebody else has moved the logs: everything is written to the usual names again."""
        self._tell_to_reopen()
        for log, sessions in self._held_logs().items():
            with contextlib.suppress(OSError):
                bring_back(log, sessions)
        self._supervisor.diary.write("logs reopened")

    def _tell_to_reopen(self) -> None:
        supervisor = self._supervisor
        for key, child in supervisor.units.running.items():
            process = supervisor.units.unit(key).process
            if process.reopen_signal:
                for log in process.opens:
                    files.make_log(Path(log))
                child.signal(process.reopen_signal)

    def _held_logs(self) -> dict[Path, list[int]]:
        """The logs that their writers cannot reopen, with the sessions of the writers."""
        held: dict[Path, list[int]] = {}
        supervisor = self._supervisor
        for key, child in supervisor.units.running.items():
            process = supervisor.units.unit(key).process
            if not process.reopen_signal:
                held.setdefault(Path(process.log), []).append(child.pid)
        if supervisor.dashboard.child and supervisor.plan.dashboard:
            held[Path(supervisor.plan.dashboard.log)] = [supervisor.dashboard.child.pid]
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
