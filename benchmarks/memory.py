"""The memory of an idle stack: enuf's processes beside nginx and uWSGI by hand, as PSS (shared pages counted once).

    python benchmarks/memory.py [--rounds 3]

The goal: enuf costs at most 20 MB more than nginx and uWSGI by hand, told to take as many connections, while nobody
looks at the dashboard. nginx reserves some 400 bytes for each connection that a worker may take.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
import os
import re
import statistics
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil
from beside import TEMPORARY, nginx_program
from start import ENUF, TOY, UWSGI, finished, free_port, project, started, wait_for_200

REQUESTS = 200
USUAL_CONNECTIONS = 768
"""What Debian's nginx.conf says."""
ROWS = ("by hand", "by hand, as many connections", "enuf", "enuf, dashboard open")
GOAL_MB = 20.0
NGINX = """
{user}daemon off;
error_log stderr;
pid {folder}/nginx.pid;
worker_processes auto;
worker_rlimit_nofile {files};
events {{ worker_connections {connections}; }}
http {{
    access_log {folder}/access.log;
    {temporary}
    server {{
        listen 127.0.0.1:{port};
        location / {{ uwsgi_pass unix:{folder}/app.sock; include {params}; }}
    }}
}}
"""
_PARAMS = {
    "QUERY_STRING": "query_string", "REQUEST_METHOD": "request_method", "CONTENT_TYPE": "content_type",
    "CONTENT_LENGTH": "content_length", "REQUEST_URI": "request_uri", "PATH_INFO": "document_uri",
    "SERVER_PROTOCOL": "server_protocol", "REMOTE_ADDR": "remote_addr", "SERVER_PORT": "server_port",
    "SERVER_NAME": "server_name",
}  # fmt: skip

Sizes = dict[str, float]
"""MB of PSS by the name of a process."""


def main() -> None:
    """Measure in turn, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    found: dict[str, list[Sizes]] = {name: [] for name in ROWS}
    for _ in range(parser.parse_args().rounds):
        with project(TOY) as folder:
            alone, with_dashboard = by_enuf(folder)
            as_many = int(
                re.findall(r"worker_connections (\d+);", (folder / ".enuf/conf/nginx.conf").read_text())[0]
            )
            measured = (by_hand(folder, USUAL_CONNECTIONS), by_hand(folder, as_many), alone, with_dashboard)
            for name, sizes in zip(ROWS, measured, strict=True):
                found[name].append(sizes)
    show(found)


def show(found: dict[str, list[Sizes]]) -> None:
    """Print the median of each process, and the sums."""
    print(f"2 processes x 2 threads, hello app, after {REQUESTS} requests; PSS in MB, medians\n")
    sums = {}
    for name, rounds in found.items():
        parts = {key: statistics.median(each[key] for each in rounds) for key in rounds[0]}
        sums[name] = statistics.median(sum(each.values()) for each in rounds)
        print(
            f"{name:<30} {sums[name]:6.1f}   {'   '.join(f'{key} {size:.1f}' for key, size in parts.items())}"
        )
    cost = sums["enuf"] - sums["by hand, as many connections"]
    print(f"\nenuf costs {cost:.1f} MB, goal {GOAL_MB:.0f} MB: {'met' if cost <= GOAL_MB else 'MISSED'}")


def by_hand(folder: Path, connections: int) -> Sizes:
    """Return the sizes of nginx and uWSGI that are told the least that they need, and how many connections to take."""
    port = free_port()
    with tempfile.TemporaryDirectory() as place:
        params = Path(place) / "params"
        params.write_text("".join(f"uwsgi_param {name} ${value};\n" for name, value in _PARAMS.items()))
        user = "" if os.geteuid() else "user root;\n"
        text = NGINX.format(
            user=user,
            folder=place,
            port=port,
            temporary=TEMPORARY.format(folder=place),
            params=params,
            connections=connections,
            files=2 * connections,
        )
        (Path(place) / "nginx.conf").write_text(text)
        words = [
            "--socket",
            f"{place}/app.sock",
            "--module",
            "app:app",
            "--master",
            "--processes",
            "2",
            "--threads",
            "2",
        ]
        with running([*UWSGI, *words, "--need-app", "--die-on-term", "--disable-logging"], folder) as server:
            nginx = [nginx_program(), "-p", place, "-c", f"{place}/nginx.conf"]
            with running(nginx, folder) as front:
                ask(port)
                return {**sizes_of("uwsgi", server), **sizes_of("nginx", front)}


def by_enuf(folder: Path) -> tuple[Sizes, Sizes]:
    """Return the sizes of enuf's processes, without and with the dashboard's."""
    port, dashboard = free_port(), free_port()
    environ = {**os.environ, "ENUF_SERVE_USER": "root", "ENUF_DASHBOARD_LISTEN": f"127.0.0.1:{dashboard}"}
    words = [*ENUF, "up", "-d", "--listen", f"127.0.0.1:{port}", "--processes", "2", "--threads", "2"]
    subprocess.run(words, cwd=folder, env=environ, check=True, stdin=subprocess.DEVNULL, capture_output=True)
    try:
        ask(port)
        time.sleep(2)  # the start has ended by now
        alone = sizes_of_stack(folder)
        with urllib.request.urlopen(f"http://127.0.0.1:{dashboard}/metrics", timeout=60) as answer:
            answer.read()
        return alone, sizes_of_stack(folder)
    finally:
        finished([*ENUF, "down"], folder)


def sizes_of_stack(folder: Path) -> Sizes:
    """Return the sizes of the processes below the supervisor, and its own."""
    status = subprocess.run([*ENUF, "status", "--json"], cwd=folder, check=True, capture_output=True)
    supervisor = psutil.Process(json.loads(status.stdout)["supervisor"]["pid"])
    found: Sizes = {"supervisor": pss_mb(supervisor)}
    for child in supervisor.children():
        line = " ".join(child.cmdline())
        name = "nginx" if "nginx" in line.split()[0] else "dashboard" if "enuf.web" in line else "uwsgi"
        found |= sizes_of(name, child)
    return found


def sizes_of(name: str, process: psutil.Process) -> Sizes:
    """Return the size of a process, and that of its children."""
    children = process.children(recursive=True)
    workers = {f"{name} workers": sum(pss_mb(each) for each in children)} if children else {}
    return {name: pss_mb(process), **workers}


def pss_mb(process: psutil.Process) -> float:
    """Return the PSS of a process in MB."""
    return float(process.memory_full_info().pss) / 2**20


@contextlib.contextmanager
def running(words: list[str], folder: Path) -> Iterator[psutil.Process]:
    """Yield a process that is ended afterwards."""
    process = started(words, folder)
    try:
        yield psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait()


def ask(port: int) -> None:
    """Send the requests, each on a connection of its own."""
    wait_for_200(port)
    for _ in range(REQUESTS):
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=60)) as connection:
            connection.request("GET", "/")
            connection.getresponse().read()


if __name__ == "__main__":
    main()
