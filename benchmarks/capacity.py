"""How throughput grows with replicas: measured in network namespaces, and by a model beyond. The tables of docs/*/explain/capacity.md.

    sudo python benchmarks/capacity.py [--replicas 1,2,4] [--seconds 15] [--write]

Each replica is an enuf stack in a network namespace of its own, with an app whose requests wait 50 ms on average, as for a
database: few cores can then serve many replicas. nginx in front, in a namespace of its own, gives the requests to them in turn.
Requests arrive at random times (a Poisson process). All namespaces, processes and files are gone at the end.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from queueing import Simulated, erlang_c, percentile, simulate

ROOT = Path(__file__).parents[1]
PROCESSES, THREADS, MEAN_S = 2, 4, 0.05
SLOTS = PROCESSES * THREADS
PORT, FRONT_PORT = 8000, 8080
SHARES = (0.5, 0.8)
"""Parts of the capacity at which durations are measured."""
BEYOND = (8, 16, 64, 256, 1024)
WITHIN_S = 90
APP = f"""
import random, time
from flask import Flask
app = Flask(__name__)

@app.get("/")
def index():
    time.sleep(random.expovariate(1 / {MEAN_S}))
    return "done"
"""
FRONT = """
user root;
worker_processes 1;
worker_rlimit_nofile 20000;
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 8192; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    upstream replicas {{
        {servers}
        keepalive 64;
    }}
    server {{
        listen 127.0.0.1:{port};
        location / {{
            proxy_pass http://replicas;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_set_header Host $http_host;
        }}
    }}
}}
"""


class Measured(NamedTuple):
    """What so many replicas did."""

    replicas: int
    most_rps: float
    """Answers per second with three visitors for each slot, all of whom ask again at once."""
    failed: int
    at_rates: tuple[tuple[float, list[float]], ...]
    """Rate in requests per second, and the rising durations of the answers in seconds."""


def main() -> int:
    """Measure, compare with the model, and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--replicas", default="1,2,4")
    parser.add_argument("--seconds", type=float, default=15)
    parser.add_argument("--write", action="store_true", help="write the tables into the documentation")
    options = parser.parse_args()
    if os.environ.get("ENUF_CAPACITY_INSIDE") != "1":
        return in_own_namespace()
    random.seed(1)
    with tempfile.TemporaryDirectory(prefix="enuf-capacity-") as scratch:
        service_s = service_times(Path(scratch, "alone"), options.seconds)
        rows = [
            measured(Path(scratch, str(count)), count, options.seconds, statistics.fmean(service_s))
            for count in map(int, options.replicas.split(","))
        ]
    tables = "\n".join(table_lines(rows, service_s))
    print(tables)
    if options.write:
        for language in ("en", "ko"):
            into_page(ROOT / "docs" / language / "explain" / "capacity.md", tables)
    return 1 if any(row.failed for row in rows) else 0


def in_own_namespace() -> int:
    """Run this program again as root of a network namespace: nothing here meets the machine's own network."""
    if os.geteuid() != 0:
        print("network namespaces need root: sudo python benchmarks/capacity.py", file=sys.stderr)
        return 9
    environ = {**os.environ, "ENUF_CAPACITY_INSIDE": "1", "ENUF_SERVE_USER": "root"}
    return subprocess.run(
        ["unshare", "--net", sys.executable, *sys.argv], env=environ, check=False
    ).returncode


def service_times(scratch: Path, seconds: float) -> list[float]:
    """Return how long requests take that find a free slot."""
    with cluster(scratch, 1):
        durations, _ = asyncio.run(closed_loop(SLOTS // 4, seconds))
    return durations


def measured(scratch: Path, count: int, seconds: float, service_s: float) -> Measured:
    """Start so many replicas and a front, and measure them."""
    with cluster(scratch, count):
        answers, failed = asyncio.run(closed_loop(3 * SLOTS * count, seconds))
        at_rates = []
        for share in SHARES:
            rate = share * SLOTS * count / service_s
            durations, lost = asyncio.run(open_loop(rate, seconds))
            failed += lost
            at_rates.append((rate, sorted(durations)))
    return Measured(count, len(answers) / seconds, failed, tuple(at_rates))


@contextlib.contextmanager
def cluster(scratch: Path, count: int) -> Iterator[None]:
    """Run so many replicas and a front that has met all of their threads."""
    scratch.mkdir()
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    with contextlib.ExitStack() as stack:
        addresses = [stack.enter_context(replica(scratch, number)) for number in range(1, count + 1)]
        stack.enter_context(front(scratch, addresses))
        asyncio.run(closed_loop(SLOTS * count, 1))
        yield


@contextlib.contextmanager
def replica(scratch: Path, number: int) -> Iterator[str]:
    """Run an enuf stack in a namespace of its own; yield its address."""
    name, link = f"enuf-cap-{os.getpid()}-{number}", f"cap{number}"
    mine, address = f"10.231.{number}.1", f"10.231.{number}.2"
    project = scratch / f"replica-{number}"
    project.mkdir()
    (project / "app.py").write_text(APP)
    (project / "enuf.toml").write_text(
        f'[serve]\nlisten = "{address}:{PORT}"\nprocesses = {PROCESSES}\nthreads = {THREADS}\n[dashboard]\nlisten = "off"\n'
    )
    within = ["ip", "netns", "exec", name, sys.executable, "-m", "enuf", "--project", str(project)]
    subprocess.run(["ip", "netns", "add", name], check=True)
    try:
        for words in (
            ["ip", "link", "add", link, "type", "veth", "peer", "name", "eth0", "netns", name],
            ["ip", "addr", "add", f"{mine}/30", "dev", link],
            ["ip", "link", "set", link, "up"],
            ["ip", "-n", name, "addr", "add", f"{address}/30", "dev", "eth0"],
            ["ip", "-n", name, "link", "set", "eth0", "up"],
            ["ip", "-n", name, "link", "set", "lo", "up"],
        ):
            subprocess.run(words, check=True)
        subprocess.run([*within, "up", "-d"], check=True, stdout=subprocess.DEVNULL, timeout=WITHIN_S)
        yield f"{address}:{PORT}"
    finally:
        subprocess.run([*within, "down"], check=False, stdout=subprocess.DEVNULL, timeout=WITHIN_S)
        subprocess.run(["ip", "netns", "del", name], check=False)
        subprocess.run(["ip", "link", "del", link], check=False, stderr=subprocess.DEVNULL)


@contextlib.contextmanager
def front(scratch: Path, addresses: Sequence[str]) -> Iterator[None]:
    """Run nginx before the replicas."""
    program = shutil.which("nginx") or "/usr/sbin/nginx"
    servers = " ".join(f"server {address};" for address in addresses)
    file = scratch / "front.conf"
    file.write_text(FRONT.format(folder=scratch, servers=servers, port=FRONT_PORT))
    process = subprocess.Popen([program, "-c", str(file), "-e", str(scratch / "error.log")])
    try:
        asyncio.run(until_answered())
        yield
    finally:
        process.terminate()
        process.wait(WITHIN_S)


async def until_answered() -> None:
    """Wait for a first answer of the front."""
    end = time.monotonic() + WITHIN_S
    while not await one_request():
        if time.monotonic() > end:
            raise TimeoutError("nginx in front does not answer")
        await asyncio.sleep(0.05)


async def one_request() -> bool:
    """Ask once over a connection of its own. Return True for the wanted answer."""
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", FRONT_PORT)
    except OSError:
        return False
    try:
        writer.write(b"GET / HTTP/1.1\r\nHost: shop.test\r\nConnection: close\r\n\r\n")
        answer = await reader.read()
    except OSError:
        return False
    finally:
        writer.close()
    return answer.startswith(b"HTTP/1.1 200") and answer.endswith(b"done")


async def closed_loop(visitors: int, seconds: float) -> tuple[list[float], int]:
    """Let so many visitors ask, each again after an answer. Return the durations of the answers, and the failures."""
    end = time.monotonic() + seconds
    durations: list[float] = []
    failed = 0

    async def visitor() -> None:
        nonlocal failed
        while (begun := time.monotonic()) < end:
            if await one_request():
                durations.append(time.monotonic() - begun)
            else:
                failed += 1

    await asyncio.gather(*(visitor() for _ in range(visitors)))
    return durations, failed


async def open_loop(rate: float, seconds: float) -> tuple[list[float], int]:
    """Send at random times, whatever the answers do. Return the durations since the due times, and the failures."""
    loop = asyncio.get_running_loop()
    begun, due = loop.time(), 0.0
    durations: list[float] = []
    asked: set[asyncio.Task[None]] = set()
    failed = 0

    async def ask(due_at: float) -> None:
        nonlocal failed
        if await one_request():
            durations.append(loop.time() - due_at)
        else:
            failed += 1

    while (due := due + random.expovariate(rate)) < seconds:
        await asyncio.sleep(max(0.0, begun + due - loop.time()))
        task = asyncio.create_task(ask(begun + due))
        asked.add(task)
        task.add_done_callback(asked.discard)
    await asyncio.gather(*asked)
    return durations, failed


def table_lines(rows: Sequence[Measured], service_s: Sequence[float]) -> Iterator[str]:
    """Yield the tables of what was measured, and of what the model says beyond."""
    yield f"A replica has {PROCESSES} processes x {THREADS} threads = {SLOTS} slots; a request takes {mean_ms(service_s):.0f} ms on average without a queue."
    yield ""
    yield "| replicas | slots | most answers/s | slots / time of a request | share reached |"
    yield "|---|---|---|---|---|"
    for row in rows:
        ideal = SLOTS * row.replicas * 1000 / mean_ms(service_s)
        yield f"| {row.replicas} | {SLOTS * row.replicas} | {row.most_rps:.0f} | {ideal:.0f} | {row.most_rps / ideal:.2f} |"
    yield ""
    yield "| replicas | requests/s | of the capacity | median, ms | the model | 95 %, ms | the model | off by |"
    yield "|---|---|---|---|---|---|---|---|"
    for row in rows:
        for share, (rate, durations) in zip(SHARES, row.at_rates, strict=True):
            model = modelled(row.replicas, rate, service_s)
            median, p95 = percentile(durations, 50), percentile(durations, 95)
            yield (
                f"| {row.replicas} | {rate:.0f} | {share:.0%} | {median * 1000:.0f} | {model.median_s * 1000:.0f} "
                f"| {p95 * 1000:.0f} | {model.p95_s * 1000:.0f} | {abs(model.p95_s - p95) / p95:.0%} |"
            )
    yield ""
    yield "Beyond what was measured, by the model alone, at 80 % of the capacity:"
    yield ""
    yield "| replicas | requests/s | 95 %, ms | 99 %, ms | requests that wait, if one queue held all |"
    yield "|---|---|---|---|---|"
    for count in BEYOND:
        rate = 0.8 * SLOTS * count * 1000 / mean_ms(service_s)
        model = modelled(count, rate, service_s)
        waits = erlang_c(SLOTS * count, 0.8 * SLOTS * count)
        yield f"| {count} | {rate:.0f} | {model.p95_s * 1000:.0f} | {model.p99_s * 1000:.0f} | {waits:.1%} |"


def modelled(replicas: int, rate: float, service_s: Sequence[float]) -> Simulated:
    """Return what the model expects; enough requests for each replica to reach a steady state."""
    return simulate(
        replicas=replicas, slots=SLOTS, rate=rate, service_s=service_s, requests=max(50_000, 2000 * replicas)
    )


def mean_ms(service_s: Sequence[float]) -> float:
    """Return the mean of durations in milliseconds."""
    return statistics.fmean(service_s) * 1000


def into_page(page: Path, tables: str) -> None:
    """Put the tables between the two marks of a page."""
    begin, end = "<!-- made by benchmarks/capacity.py -->", "<!-- end -->"
    text = page.read_text(encoding="utf-8")
    before, after = text.split(begin)[0], text.split(end)[1]
    page.write_text(f"{before}{begin}\n{tables}\n{end}{after}", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
