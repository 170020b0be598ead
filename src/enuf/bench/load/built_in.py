"""The generator of enuf's own: processes that send, one for each core at most."""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Iterator, Sequence

import msgspec
from msgspec.structs import replace

from enuf.bench.load.process import started
from enuf.bench.load.spec import LoadResult, LoadSpec, joined_results

_MOST_PROCESSES = 4
_SLACK_S = 30


class RunningLoad:
    """Sending processes; they end by themselves after the duration of their specification."""

    def __init__(self, spec: LoadSpec) -> None:
        self._spec = spec
        self._processes = [(each, started("enuf.bench.load.sender")) for each in shares_of(spec)]
        for share, process in self._processes:
            assert process.stdin is not None
            process.stdin.write(msgspec.json.encode(share))
            process.stdin.close()
            process.stdin = None

    @property
    def pids(self) -> tuple[int, ...]:
        """Return the pids of the sending processes."""
        return tuple(process.pid for _, process in self._processes)

    def stop(self) -> None:
        """Let the processes send no further request."""
        for _, process in self._processes:
            process.terminate()

    def wait(self, seconds: float) -> None:
        """Return after so many seconds, or when the load has ended."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._processes[0][1].wait(seconds)

    def result(self) -> LoadResult:
        """Wait for the end of the load, and return its counts."""
        within_s = self._spec.duration_s + self._spec.timeout_s + _SLACK_S
        found = []
        for _, process in self._processes:
            said, _ = process.communicate(timeout=within_s)
            found.append(msgspec.json.decode(said, type=LoadResult))
        return joined_results(found)

    def end(self) -> None:
        """Kill the processes that still send."""
        for _, process in self._processes:
            with contextlib.suppress(OSError):
                process.kill()
            process.wait()
            if process.stdout:
                process.stdout.close()


@contextlib.contextmanager
def sending(spec: LoadSpec) -> Iterator[RunningLoad]:
    """Send requests during the block."""
    load = RunningLoad(spec)
    try:
        yield load
    finally:
        load.end()


def shares_of(spec: LoadSpec) -> Sequence[LoadSpec]:
    """Return the specification cut into one for each process."""
    if spec.count is not None:
        return [spec]
    count = max(1, min(_MOST_PROCESSES, os.cpu_count() or 1, spec.connections))
    connections = [spec.connections // count + (number < spec.connections % count) for number in range(count)]
    rate = spec.rate / count if spec.rate else None
    return [replace(spec, connections=each, rate=rate) for each in connections]
