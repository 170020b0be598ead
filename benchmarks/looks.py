"""What looking costs: the CPU time of one look at a running stack, and of counting a thousand lines of nginx's log.

    python benchmarks/looks.py [--rounds 200]

The goal: a look a second is below one percent of a core, that is 10 ms.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from pathlib import Path

from start import TOY, finished, free_port, project, started, wait_for_200

from enuf.model.paths import StackPaths
from enuf.observe.live.requests import RequestCounter
from enuf.observe.live.sampler import Sampler
from enuf.system.runtime_dir import locate

GOAL_S = 0.010
LINE = (
    '127.0.0.1 [2026-03-01T10:00:05+00:00] "GET /item/{number}?page=2 HTTP/1.1" 200 512 time=0.012 '
    "connect=0.000 header=0.011 app=0.011 passed=1772359205.000 taken=1772359205001000 id={number:032x} "
    'host="127.0.0.1" ref="-" ua="curl/8"\n'
)
THOUSANDS = 20


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=200)
    rounds = parser.parse_args().rounds
    print(f"{os.cpu_count()} processors, Python {sys.version.split()[0]}, load {os.getloadavg()[0]:.1f}\n")
    with project(TOY) as folder:
        look_s = cpu_of_looks_s(folder, rounds)
        line_s = cpu_of_thousand_lines_s(folder)
    verdict = "met" if look_s <= GOAL_S else "MISSED"
    print(f"{'CPU of one look':<40} {1000 * look_s:>8.2f} ms   goal {1000 * GOAL_S:.0f} ms {verdict}")
    print(f"{'CPU of counting 1000 lines':<40} {1000 * line_s:>8.2f} ms")


def cpu_of_looks_s(folder: Path, rounds: int) -> float:
    """The median of so many looks at an idle stack of two processes."""
    port = free_port()
    words = ["up", "--listen", f"127.0.0.1:{port}", "--processes", "2", "--set", "dashboard.listen=off"]
    running = started([sys.executable, "-m", "enuf", *words], folder)
    sampler = Sampler(locate(folder))
    try:
        wait_for_200(port)
        finished([sys.executable, "-m", "enuf", "status", "--wait", "60s"], folder)
        sampler.sample()
        return statistics.median(_cpu_of_look_s(sampler) for _ in range(rounds))
    finally:
        sampler.close()
        running.terminate()
        running.wait()


def _cpu_of_look_s(sampler: Sampler) -> float:
    before = time.process_time()
    if sampler.sample().state != "serving":
        raise SystemExit("the stack does not serve")
    return time.process_time() - before


def cpu_of_thousand_lines_s(folder: Path) -> float:
    """The mean over some thousand lines that were written since the last look."""
    log = folder / "log"
    log.mkdir()
    paths = StackPaths(project=str(folder), home=str(folder), runtime=str(folder), logs=str(log))
    requests = RequestCounter(paths, persist=False)
    requests.count()
    text = "".join(LINE.format(number=number) for number in range(1000 * THOUSANDS))
    (log / "access.log").write_text(text)
    before = time.process_time()
    requests.count()
    spent = time.process_time() - before
    if sum(requests.totals.by_status.values()) != 1000 * THOUSANDS:
        raise SystemExit("not every line was counted")
    return spent / THOUSANDS


if __name__ == "__main__":
    main()
