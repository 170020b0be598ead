"""The promises of enuf, counted under continuous mixed load, as a table.

Each row is one experiment on a fresh stack: clients ask all the time (new and keep-alive connections, POSTs,
slow GETs), something happens, and every request that was not answered with 200 is counted as failed.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import msgspec
import psutil
from tests.support.load import MIXED
from tests.support.stack import APP, Stack, has_ended, stack_in, until
from tests.support.under_load import under_load

PAUSE_S = 0.01
"""Between an answer and the next request of a client: about a thousand requests a second."""

Happening = Callable[[Stack], str]


def reloads(times: int) -> Happening:
    """Return a happening: `times` reloads, every tenth with a version that cannot be imported."""

    def happen(stack: Stack) -> str:
        accepted = refused = 0
        for number in range(2, times + 2):
            broken = number % 10 == 0
            stack.write(
                "app.py",
                "raise RuntimeError('broken version')\n" if broken else APP.replace('"1"', f'"{number}"'),
            )
            done = stack.run("reload")
            if broken and done.code == 7:
                refused += 1
            elif not broken and done.code == 0:
                accepted += 1
            else:
                print(done, file=sys.stderr)
        return f"{accepted} accepted, {refused} refused"

    return happen


def kill(pick: Callable[[Stack], list[int]], times: int = 1) -> Happening:
    """Return a happening: kill the processes that `pick` chooses, `times` times.

    Each time the stack must serve again before the next.
    """

    def happen(stack: Stack) -> str:
        for _ in range(times):
            before = pick(stack)
            for pid in before:
                with contextlib.suppress(ProcessLookupError):  # a worker leaves when its master is gone
                    os.kill(pid, signal.SIGKILL)
            until(partial(recovered, stack, before), what="recovery")
        return "it is back"

    return happen


def recovered(stack: Stack, killed: list[int]) -> bool:
    """Return True once the stack serves again without the killed processes."""
    done = stack.run("status", "--json")
    if done.code != 0:
        return False
    status = done.json
    alive = {
        status["server"]["pid"],
        status["front"]["pid"],
        *(worker["pid"] for worker in status["server"]["workers"]),
    }
    return (
        None not in alive
        and not alive & set(killed)
        and len(status["server"]["workers"]) == status["server"]["processes"]
    )


def server_master(stack: Stack) -> list[int]:
    return [stack.status()["server"]["pid"]]


def server_worker(stack: Stack) -> list[int]:
    return [stack.status()["server"]["workers"][0]["pid"]]


def server_group(stack: Stack) -> list[int]:
    server = stack.status()["server"]
    return [server["pid"], *(worker["pid"] for worker in server["workers"])]


def front_master(stack: Stack) -> list[int]:
    return [stack.status()["front"]["pid"]]


def front_worker(stack: Stack) -> list[int]:
    return [child.pid for child in psutil.Process(front_master(stack)[0]).children()][:1]


def in_flight_at_the_end(end: Callable[[Stack], None]) -> Callable[[Stack], tuple[int, int]]:
    """Return a measurement: (answered, failed) of 8 slow requests in flight when `end` stops the stack."""

    def measure(stack: Stack) -> tuple[int, int]:
        async def run() -> tuple[int, int]:
            asking = [
                asyncio.create_task(asyncio.to_thread(stack.get, "/slow?seconds=1.5")) for _ in range(4)
            ]
            await asyncio.sleep(0.7)
            await asyncio.to_thread(end, stack)
            answers = await asyncio.gather(*asking, return_exceptions=True)
            good = sum(1 for answer in answers if getattr(answer, "status", 0) == 200)
            return good, len(answers) - good

        return asyncio.run(run())

    return measure


def end_by_down(stack: Stack) -> None:
    stack.run("down")


def end_by_term(stack: Stack) -> None:
    pid = stack.status()["supervisor"]["pid"]
    os.kill(pid, signal.SIGTERM)
    until(lambda: has_ended(pid))


def kill_supervisor(stack: Stack) -> tuple[int, float]:
    """Kill the supervisor. Return (processes left after at most 10 s, seconds until no process was left)."""
    os.kill(stack.status()["supervisor"]["pid"], signal.SIGKILL)
    begun = time.monotonic()
    while stack.processes() and time.monotonic() - begun < 10:
        time.sleep(0.02)
    return len(stack.processes()), time.monotonic() - begun


def in_place_reloads(times: int) -> Happening:
    """Return a happening: the workers are reloaded in place `times` times."""

    def happen(stack: Stack) -> str:
        good = 0
        for number in range(2, times + 2):
            stack.write("app.py", APP.replace('"1"', f'"{number}"'))
            good += stack.run("reload", "--workers").code == 0
        return f"{good} accepted"

    return happen


class Row(msgspec.Struct, frozen=True):
    """One line of the table."""

    what: str
    answered: str
    failed: str
    worst: str = ""
    lost: int = 0
    """What was lost of that which nothing may lose."""

    def __str__(self) -> str:
        return f"| {self.what} | {self.answered} | {self.failed} | {self.worst} |"


def loaded(what: str, happening: Happening, *, may_lose: bool) -> Callable[[Stack], Row]:
    """Return an experiment: the happening under load."""

    def measure(stack: Stack) -> Row:
        count, result = under_load(stack, partial(happening, stack), settle_s=0.5, pause_s=PAUSE_S)
        bad = ", ".join(f"{number} {name}" for name, number in count.categories.items() if name != "200")
        failed = f"{count.failed} ({bad})" if bad else "0"
        return Row(
            f"{what}: {result}",
            str(count.ok),
            failed,
            f"{count.worst_s:.2f} s",
            0 if may_lose else count.failed,
        )

    return measure


def ended(what: str, end: Callable[[Stack], None]) -> Callable[[Stack], Row]:
    """Return an experiment: requests in flight when `end` stops the stack."""

    def measure(stack: Stack) -> Row:
        good, failed = in_flight_at_the_end(end)(stack)
        return Row(f"{what} with {good + failed} requests in flight", str(good), str(failed), "", failed)

    return measure


def supervisor_killed(stack: Stack) -> Row:
    """Kill the supervisor, and return the row of the processes that are left."""
    left, seconds = kill_supervisor(stack)
    return Row(f"kill -9 of the supervisor: {left} processes left after {seconds:.1f} s", "", "", "", left)


def experiments(reload_count: int) -> tuple[Callable[[Stack], Row], ...]:
    """Return the experiments, in the order of the table's rows."""
    return (
        loaded(f"{reload_count} reloads, every tenth broken", reloads(reload_count), may_lose=False),
        loaded("5 reloads with `--workers`", in_place_reloads(5), may_lose=False),
        loaded("kill -9 of a uWSGI worker", kill(server_worker), may_lose=True),
        loaded("kill -9 of the uWSGI master", kill(server_master), may_lose=True),
        loaded("kill -9 of the uWSGI master and all workers", kill(server_group), may_lose=True),
        loaded("kill -9 of an nginx worker", kill(front_worker), may_lose=True),
        loaded("kill -9 of the nginx master", kill(front_master), may_lose=True),
        ended("`enuf down`", end_by_down),
        ended("SIGTERM", end_by_term),
        supervisor_killed,
    )


def table(reload_count: int) -> Iterator[tuple[str, bool]]:
    """Run the experiments. Yield the table's lines, each with whether nothing was lost that may not be."""
    yield f"| what happens, under load from {len(MIXED)} clients | answered | failed | longest wait |", True
    yield "|---|---|---|---|", True
    for measure in experiments(reload_count):
        with tempfile.TemporaryDirectory() as folder, stack_in(Path(folder) / "soak") as stack:
            stack.write("app.py", APP)
            stack.up("--processes", "4")
            row = measure(stack)
        yield str(row), not row.lost
