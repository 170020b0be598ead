"""How long a start takes: `enuf --help`, `enuf up` to the first answer beside uWSGI by hand, `enuf status` and `enuf down`.

    python benchmarks/start.py [--rounds 7]

The goals: help within 150 ms of CPU; `up` within 1.5 x the time of uWSGI by hand plus 0.5 s;
`status` within 150 ms; `down` of an idle stack within 1 s. Modules are compiled once, as pip does, whatever
PYTHONDONTWRITEBYTECODE says here.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import os
import resource
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

ENUF = [sys.executable, "-m", "enuf"]
UWSGI = [sys.executable, "-c", "import pyuwsgi; pyuwsgi.run()"]
TOY = """
from flask import Flask
app = Flask(__name__)

@app.get("/")
def index():
    return "Hello"
"""
COMPILED = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
"""The environment of all commands."""
SLOW = f"import time\ntime.sleep(2)\n{TOY}"


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7)
    rounds = parser.parse_args().rounds
    rows: list[tuple[str, list[float], float | None]] = [
        ("enuf --help, CPU", measured(rounds * 2, help_cpu_s), 0.150)
    ]
    for name, app in (("toy app", TOY), ("app that imports for 2 s", SLOW)):
        with project(app) as folder:
            by_hand, ups, statuses, downs = list[float](), list[float](), list[float](), list[float]()
            for _ in range(rounds):  # taken in turn, so that a busy moment hits all of them
                by_hand.append(uwsgi_by_hand_s(folder))
                up_s, status_s, down_s = up_status_and_down_s(folder)
                ups.append(up_s)
                statuses.append(status_s)
                downs.append(down_s)
        rows.append((f"{name}: uWSGI by hand to the first 200", by_hand, None))
        rows.append((f"{name}: enuf up to the first 200", ups, 1.5 * statistics.median(by_hand) + 0.5))
        rows.append((f"{name}: enuf status", statuses, 0.150))
        rows.append((f"{name}: enuf down, idle", downs, 1.0))
    show(rows)


def measured(rounds: int, once: Callable[[], float]) -> list[float]:
    """So many measurements; one more before them is thrown away, it finds cold caches."""
    once()
    return [once() for _ in range(rounds)]


def show(rows: list[tuple[str, list[float], float | None]]) -> None:
    """The table: median, least and most in milliseconds, beside the goal."""
    print(f"{os.cpu_count()} processors, Python {sys.version.split()[0]}, load {os.getloadavg()[0]:.1f}\n")
    print(f"{'what':<56} {'n':>3} {'median':>8} {'min':>8} {'max':>8} {'goal':>8}")
    for name, found, goal in rows:
        numbers = [statistics.median(found), min(found), max(found)]
        shown = " ".join(f"{1000 * number:>5.0f} ms" for number in numbers)
        verdict = (
            "" if goal is None else f"{1000 * goal:>5.0f} ms {'met' if numbers[0] <= goal else 'MISSED'}"
        )
        print(f"{name:<56} {len(found):>3} {shown} {verdict}")


def help_cpu_s() -> float:
    """User and system time of `enuf --help`."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    finished([*ENUF, "--help"])
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def uwsgi_by_hand_s(folder: Path) -> float:
    """From the start of uWSGI, told the least that it needs, to its first answer."""
    port = free_port()
    words = [
        "--http-socket",
        f"127.0.0.1:{port}",
        "--module",
        "app:app",
        "--master",
        "--processes",
        "2",
        "--need-app",
    ]
    began = time.monotonic()
    running = started([*UWSGI, *words, "--enable-threads", "--die-on-term"], folder)
    try:
        wait_for_200(port)
        return time.monotonic() - began
    finally:
        running.terminate()
        running.wait()


def up_status_and_down_s(folder: Path) -> tuple[float, float, float]:
    """From the start of `enuf up` to its first answer, and the whole of `enuf status` and of `enuf down`."""
    port = free_port()
    began = time.monotonic()
    running = started([*ENUF, "up", "--listen", f"127.0.0.1:{port}", "--processes", "2"], folder)
    try:
        wait_for_200(port)
        up_s = time.monotonic() - began
        wait_until_it_serves(folder)
        began = time.monotonic()
        finished([*ENUF, "status"], folder)
        status_s = time.monotonic() - began
        began = time.monotonic()
        finished([*ENUF, "down"], folder)
        return up_s, status_s, time.monotonic() - began
    finally:
        running.terminate()
        running.wait()


def started(words: list[str], folder: Path) -> subprocess.Popen[bytes]:
    """A command that runs on, in silence; as root without a question about it."""
    environ = {**COMPILED, "ENUF_SERVE_USER": "root"}
    silent = subprocess.DEVNULL
    return subprocess.Popen(words, cwd=folder, env=environ, stdin=silent, stdout=silent, stderr=silent)


def finished(words: list[str], folder: Path | None = None) -> None:
    """A command that has ended well."""
    subprocess.run(words, cwd=folder, env=COMPILED, check=True, stdin=subprocess.DEVNULL, capture_output=True)


def wait_until_it_serves(folder: Path) -> None:
    """A `down` while it is starting would be another measurement."""
    finished([*ENUF, "status", "--wait", "60s"], folder)


def wait_for_200(port: int) -> None:
    """Ask until the answer is 200; a new connection every time, as a browser would."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError, http.client.HTTPException):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
            with contextlib.closing(connection):
                connection.request("GET", "/")
                if connection.getresponse().status == 200:
                    return
        time.sleep(0.005)
    raise SystemExit(f"nothing answered on port {port}")


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def project(app: str) -> Iterator[Path]:
    """A folder with this app in it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "shop"
        path.mkdir()
        (path / "app.py").write_text(app)
        yield path


if __name__ == "__main__":
    main()
