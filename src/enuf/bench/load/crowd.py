"""Many connections that keep a server busy without asking for much, held by a process of their own."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Literal

import msgspec

from enuf.bench.load.process import started

CrowdKind = Literal["slow headers", "slow body", "slow read", "idle"]
_END_WITHIN_S = 10


class Crowd(msgspec.Struct, frozen=True, kw_only=True):
    """Connections of one kind."""

    kind: CrowdKind
    port: int
    count: int


class CrowdCount(msgspec.Struct, frozen=True, kw_only=True):
    """How many of the wanted connections are held."""

    held: int
    wanted: int
    allowed: int = 0
    """How many the limit of open files allows."""


class RunningCrowd:
    """The process that holds the connections."""

    def __init__(self, crowd: Crowd) -> None:
        self._process = started("enuf.bench.load.holder")
        assert self._process.stdin is not None
        self._process.stdin.write(msgspec.json.encode(crowd) + b"\n")
        self._process.stdin.flush()

    @property
    def pids(self) -> tuple[int, ...]:
        """Return the pid of the process."""
        return (self._process.pid,)

    def made(self) -> CrowdCount:
        """Wait until the connections are made, and return how many there are."""
        assert self._process.stdout is not None
        return msgspec.json.decode(self._process.stdout.readline(), type=CrowdCount)

    def left(self) -> CrowdCount:
        """Close the connections, and return how many the server had not closed before."""
        said, _ = self._process.communicate(timeout=_END_WITHIN_S)
        return msgspec.json.decode(said, type=CrowdCount)

    def end(self) -> None:
        """Kill the process if it still runs."""
        with contextlib.suppress(OSError):
            self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            if stream:
                with contextlib.suppress(OSError):
                    stream.close()


@contextlib.contextmanager
def holding(crowd: Crowd) -> Iterator[RunningCrowd]:
    """Hold the connections of a crowd during the block."""
    running = RunningCrowd(crowd)
    try:
        yield running
    finally:
        running.end()
