"""The generator wrk, for closed loops of plain GET requests."""

from __future__ import annotations

import os
import re
import resource
import shutil

import msgspec

from enuf.bench.load.spec import LoadResult, LoadSpec
from enuf.bench.results import Percentile
from enuf.system.subprocesses import answer_of

_PERCENTILE = re.compile(r"^\s+(\d+)%\s+([\d.]+)(us|ms|s)\s*$", re.MULTILINE)
_REQUESTS = re.compile(r"(\d+) requests in ([\d.]+)(ms|s|m)")
_SOCKET_ERRORS = re.compile(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)")
_UNWANTED = re.compile(r"Non-2xx or 3xx responses: (\d+)")
_MILLISECONDS = {"us": 0.001, "ms": 1.0, "s": 1000.0, "m": 60_000.0}


class Wrk:
    """Runs wrk, and reads what wrk prints."""

    name = "wrk"

    def is_there(self) -> bool:
        """Return True where wrk is installed."""
        return shutil.which("wrk") is not None

    def send(self, spec: LoadSpec, path: str, headers: tuple[str, ...]) -> LoadResult:
        """Run wrk for one closed loop. Raise OSError, TimeoutError, ValueError for an output that is not wrk's."""
        threads = min(spec.connections, os.cpu_count() or 1, 2)
        words = [f"-t{threads}", f"-c{spec.connections}", f"-d{max(1, round(spec.duration_s))}s", "--latency"]
        words += ["--timeout", f"{max(1, round(spec.timeout_s))}s"]
        words += [word for header in headers for word in ("-H", header)]
        before = _cpu_of_children_s()
        done = answer_of(
            ["wrk", *words, f"http://127.0.0.1:{spec.port}{path}"],
            within_s=spec.duration_s + spec.timeout_s + 30,
        )
        found = read_wrk(done.stdout)
        share = (_cpu_of_children_s() - before) / threads / found.seconds
        return msgspec.structs.replace(found, busiest_share=share)


def _cpu_of_children_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def read_wrk(text: str) -> LoadResult:
    """Return the counts in wrk's output. Raise ValueError where there are none."""
    counted = _REQUESTS.search(text)
    if counted is None:
        raise ValueError(f"wrk printed no count of requests: {text.strip()[:200]}")
    failures: dict[str, int] = {}
    if errors := _SOCKET_ERRORS.search(text):
        connect, _, write, timeout = map(int, errors.groups())
        # A read error is also how wrk counts a server that closes the connection after a whole answer.
        kinds = {"connect failed": connect, "write failed": write, "timeout": timeout}
        failures = {kind: count for kind, count in kinds.items() if count}
    unwanted = _UNWANTED.search(text)
    if unwanted:
        failures["status of an error"] = int(unwanted.group(1))
    return LoadResult(
        requests=int(counted.group(1)) - (int(unwanted.group(1)) if unwanted else 0),
        failures=failures,
        seconds=float(counted.group(2)) * _MILLISECONDS[counted.group(3)] / 1000,
        generator="wrk",
        percentiles=tuple(
            Percentile(percent=float(percent), ms=float(number) * _MILLISECONDS[unit])
            for percent, number, unit in _PERCENTILE.findall(text)
        ),
    )
