"""Many requests over many reloads, some of them broken: what failed, and how the memory of each process went.

The reloads share the first half of the requests. The last generation answers the other half: a leak that grows with
each request shows there, one that grows with each reload shows in the first half.
"""

from __future__ import annotations

import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import msgspec
from scripts.soak.clients import Clients, Counts
from scripts.soak.databases import postgresql
from scripts.soak.memory import HEAD, ONE_ARENA, Sample, Trend, samples, trends
from tests.support.stack import Stack, stack_in

from enuf.control.client import ask_supervisor, locate_stack
from enuf.model.protocol import StatusRequest
from enuf.model.status import StackStatus

APP = (Path(__file__).parent / "endurance_app.py").read_text()
BROKEN = (
    "raise RuntimeError('a broken version')\n",
    "def broken(:\n",
    "import a_module_that_nobody_has\n",
    "import sys; sys.exit(3)\n",
    "import app_of_another_name as app\n",
)
REFUSED = 7
"""The exit status of `enuf reload` when the new version cannot be imported."""
SAMPLES = 400


class Result(msgspec.Struct, frozen=True):
    """What came of the run."""

    counts: Counts
    accepted: int
    refused: int
    problems: list[str]
    trends: list[Trend]
    seconds: float

    @property
    def is_good(self) -> bool:
        """True when no request failed, every reload did what it had to do, and no memory grew."""
        return not self.counts.failed and not self.problems and all(trend.is_flat for trend in self.trends)


def run(requests: int, reloads: int, broken: int) -> Result:
    """Serve the app on PostgreSQL and ask so many times. Raise NotInstalled where there is no PostgreSQL."""
    with tempfile.TemporaryDirectory(prefix="enuf-soak-") as folder, postgresql() as url:
        env = {"SOAK_POSTGRESQL": url, "ENUF_DASHBOARD_LISTEN": "127.0.0.1:0", **ONE_ARENA}
        with stack_in(Path(folder) / "endurance", env=env) as stack:
            stack.write("app.py", APP)
            stack.up("--processes", "4", "--threads", "4")
            clients = Clients(stack.port)
            try:
                return _Run(stack, clients, requests).result(reloads, broken)
            finally:
                clients.stop()


class _Run:
    """The reloads and the samples of one run, by the number of requests that were answered."""

    def __init__(self, stack: Stack, clients: Clients, requests: int) -> None:
        self._stack, self._clients, self._requests = stack, clients, requests
        self._paths = locate_stack(stack.project, "status")
        self._every = max(1, requests // SAMPLES)
        self._next = self._every
        self._samples: list[Sample] = []
        self._problems: list[str] = []

    def result(self, reloads: int, broken: int) -> Result:
        begun = time.monotonic()
        outcomes = {0: 0, REFUSED: 0}
        for number, version in enumerate(versions(reloads, broken), 2):
            self._sample_until(self._requests // 2 * (number - 1) // (reloads + 1))
            self._sample()
            code = self._reload(number, version)
            outcomes[code] = outcomes.get(code, 0) + 1
        # Half of the requests for the last generation, also where the reloads took long.
        self._sample_until(max(self._requests, self._clients.done + self._requests // 2))
        counts = self._clients.counts()
        return Result(
            counts,
            outcomes[0],
            outcomes[REFUSED],
            self._problems,
            trends(self._samples),
            time.monotonic() - begun,
        )

    def _reload(self, number: int, version: str | None) -> int:
        self._stack.write("app.py", version or APP.replace('VERSION = "1"', f'VERSION = "{number}"'))
        done = self._stack.run("reload", timeout=120)
        if done.code != (REFUSED if version else 0):
            self._problems.append(f"reload {number - 1}: {done}")
        return done.code

    def _sample_until(self, requests: int) -> None:
        """Take samples until so many requests are answered."""
        while self._clients.done < requests:
            if self._clients.done >= self._next:
                self._sample()
            time.sleep(0.05)

    def _sample(self) -> None:
        done = self._clients.done
        self._next = done + self._every
        status = ask_supervisor(self._paths, StatusRequest(), StackStatus, timeout_s=60)
        assert status.dashboard
        # Somebody looks at the dashboard too: its memory is part of the promise.
        with urllib.request.urlopen(f"{status.dashboard.url.rstrip('/')}/metrics") as answer:
            answer.read()
        self._samples += samples(status, done)


def versions(reloads: int, broken: int) -> Iterator[str | None]:
    """Yield for each reload the text of a broken version, or None for a good one; the last of each group is broken."""
    for number in range(reloads):
        before, after = number * broken // reloads, (number + 1) * broken // reloads
        yield BROKEN[before % len(BROKEN)] if after > before else None


def lines(result: Result) -> Iterator[str]:
    """Yield the lines of the report."""
    counts, asked = result.counts, result.counts.answered + result.counts.failed
    share = ", ".join(
        f"{number:,} {kind}" for kind, number in sorted(_by_kind(counts).items(), key=lambda item: -item[1])
    )
    yield (
        f"{asked:,} requests in {result.seconds:.0f} s, {counts.failed} failed; "
        f"{result.accepted + result.refused} reloads, {result.refused} of them broken and refused; longest wait {counts.longest_s:.2f} s"
    )
    yield f"requests: {share}"
    for (kind, outcome), number in sorted(counts.failures.items()):
        yield f"failed: {number} {kind}: {outcome}"
    for problem in result.problems:
        yield f"problem: {problem}"
    yield ""
    yield HEAD
    yield from map(str, result.trends)


def _by_kind(counts: Counts) -> dict[str, int]:
    found: dict[str, int] = {}
    for (kind, _), number in counts.outcomes.items():
        found[kind] = found.get(kind, 0) + number
    return found
