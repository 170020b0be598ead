"""What a kept page costs beside a page of the app: CPU time of all processes per request, with and without [cache].

    python benchmarks/cache.py [--requests 4000]

The goal: a kept page costs at most a tenth of the CPU time that the app needs for it.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil

ENUF = [sys.executable, "-m", "enuf"]
GOAL = 0.1
APP = """
from flask import Flask, render_template_string
app = Flask(__name__)
ROWS = [{"name": f"article {number}", "price": number * 3} for number in range(40)]
PAGE = "<table>{% for row in rows %}<tr><td>{{ row.name }}</td><td>{{ row.price }}</td></tr>{% endfor %}</table>"

@app.get("/")
def index():
    return render_template_string(PAGE, rows=ROWS)

@app.get("/kept")
def kept():
    return render_template_string(PAGE, rows=ROWS)
"""
SETTINGS = """
[cache]
paths = { "/kept" = "10m" }
[dashboard]
listen = "off"
"""


def main() -> int:
    """Measure and print the table. Return 1 when the goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--requests", type=int, default=4000)
    count = parser.parse_args().requests
    with stack() as (port, supervisor):
        for path in ("/", "/kept"):
            ask(port, path, 50)  # imported, connected, kept
        app, front = cost_us(port, supervisor, "/", count)
        app_of_kept, front_of_kept = cost_us(port, supervisor, "/kept", count)
    share = (app_of_kept + front_of_kept) / app
    print(f"{count} requests each, a page of 40 rows        app        nginx")
    print(f"made by the app                     {app:9.1f} us {front:9.1f} us")
    print(f"kept by nginx                       {app_of_kept:9.1f} us {front_of_kept:9.1f} us")
    print(f"a kept page costs {share:.3f} x the app's CPU time (goal: at most {GOAL}): {verdict(share)}")
    return 0 if share <= GOAL else 1


def verdict(share: float) -> str:
    """Return the word for the last line."""
    return "met" if share <= GOAL else "MISSED"


def cost_us(port: int, supervisor: psutil.Process, path: str, count: int) -> tuple[float, float]:
    """Return the CPU time of app server and nginx for one request, in microseconds."""
    before = spent_s(supervisor)
    ask(port, path, count)
    after = spent_s(supervisor)
    app, front = ((new - old) * 1e6 / count for new, old in zip(after, before, strict=True))
    return app, front


def spent_s(supervisor: psutil.Process) -> tuple[float, float]:
    """Return the CPU time that the processes of app server and nginx have used, in seconds."""
    spent = {"app": 0.0, "front": 0.0}
    for process in supervisor.children(recursive=True):
        with contextlib.suppress(psutil.Error):
            times = process.cpu_times()
            is_front = "nginx" in process.name()
            spent["front" if is_front else "app"] += times.user + times.system
    return spent["app"], spent["front"]


def ask(port: int, path: str, count: int) -> None:
    """Send requests, one after the other on one connection."""
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
        for _ in range(count):
            connection.request("GET", path)
            answer = connection.getresponse()
            answer.read()
            if answer.status != 200:
                raise SystemExit(f"{path} answered {answer.status}")


@contextlib.contextmanager
def stack() -> Iterator[tuple[int, psutil.Process]]:
    """Yield the port of a running stack, and its supervisor."""
    with tempfile.TemporaryDirectory(prefix="enuf-cache-") as folder:
        project = Path(folder)
        (project / "app.py").write_text(APP)
        (project / "enuf.toml").write_text(SETTINGS)
        run = subprocess.run(
            [*ENUF, "up", "-d", "--listen", "127.0.0.1:0", "--json"],
            cwd=project, capture_output=True, text=True, check=True,
        )  # fmt: skip
        try:
            port = int(json.loads(run.stdout)["url"].rpartition(":")[2].strip("/"))
            status = subprocess.run(
                [*ENUF, "status", "--json"], cwd=project, capture_output=True, text=True, check=True
            )
            yield port, psutil.Process(json.loads(status.stdout)["supervisor"]["pid"])
        finally:
            subprocess.run([*ENUF, "down", "--now"], cwd=project, check=False, capture_output=True)


if __name__ == "__main__":
    sys.exit(main())
