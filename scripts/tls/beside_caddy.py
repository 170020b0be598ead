"""Handshakes and CPU per request over HTTP/2, of nginx by enuf and of Caddy, by h2load in turn."""

from __future__ import annotations

import contextlib
import os
import re
import statistics
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import psutil
from scripts.tls.place import Row, cpu_s, family, pair, program, site, spread, wait_for
from tests.support.ports import free_port
from tests.support.stack import Stack

CONNECTIONS = 400
REQUESTS = 20_000
PROCESSES, THREADS = 2, 4
_CADDYFILE = """
{{
    admin off
    auto_https off
    log {{
        output discard
    }}
}}
https://localhost:{port} {{
    bind 127.0.0.1
    tls {certificate} {key}
    log {{
        output file {folder}/access.log
    }}
    handle_path /static/* {{
        root * {project}/static
        file_server
    }}
    handle {{
        reverse_proxy unix/{folder}/app.sock
    }}
}}
"""


class Measured(msgspec.Struct):
    """What was measured of one server."""

    name: str
    port: int
    processes: list[psutil.Process]
    handshakes: list[float] = []
    """Per second; what else runs on the machine takes its share of this one."""
    handshake_us: list[float] = []
    """CPU per new connection with one request, in microseconds."""
    static_us: list[float] = []
    """CPU per request of a static file, in microseconds."""
    app_us: list[float] = []
    """CPU per request of the app, the app server's included."""


def compared(rounds: int) -> Iterator[Row]:
    """Yield the table: rounds with enuf and with Caddy in turn, over one app, one file and one certificate."""
    h2load = program("h2load")
    words = ("--tls", "local", "--processes", str(PROCESSES), "--threads", str(THREADS))
    with site(*words) as stack, _caddy(stack) as caddy:
        status = stack.status()
        ours = Measured("enuf", stack.port, family([status["front"]["pid"], status["server"]["pid"]]))
        for number in range(rounds + 1):
            for each in (ours, caddy):
                _measure(h2load, each, keep=number > 0)  # the first round finds cold caches
    yield "| over HTTP/2, median (least to most) | enuf | Caddy | ratio |", True
    yield "|---|---|---|---|", True
    rows = (
        ("new connections per second, one request each", ours.handshakes, caddy.handshakes),
        ("CPU per new connection, µs", ours.handshake_us, caddy.handshake_us),
        ("CPU per request of a static file, µs", ours.static_us, caddy.static_us),
        ("CPU per request of the app, µs, the app included", ours.app_us, caddy.app_us),
    )
    for what, mine, theirs in rows:
        ratio = statistics.median(mine) / statistics.median(theirs)
        yield f"| {what} | {spread(mine, '{:.0f}')} | {spread(theirs, '{:.0f}')} | {ratio:.2f} |", True


@contextlib.contextmanager
def _caddy(stack: Stack) -> Iterator[Measured]:
    """Run Caddy before a uWSGI of its own with the stack's app, its file and its certificate."""
    caddy = program("caddy")
    folder, port = stack.project / "caddy", free_port()
    folder.mkdir()
    certificate, key = pair(stack)
    text = _CADDYFILE.format(
        port=port, certificate=certificate, key=key, folder=folder, project=stack.project
    )
    (folder / "Caddyfile").write_text(text)
    uwsgi = [
        *(sys.executable, "-c", "import pyuwsgi; pyuwsgi.run()"),
        *(
            "--http-socket",
            f"{folder}/app.sock",
            "--wsgi-file",
            f"{stack.project}/app.py",
            "--callable",
            "app",
        ),
        *(
            "--processes",
            str(PROCESSES),
            "--threads",
            str(THREADS),
            "--master",
            "--die-on-term",
            "--need-app",
        ),
        *(
            "--disable-logging",
            "--logto",
            f"{folder}/uwsgi.log",
            "--buffer-size",
            "32768",
            "--listen",
            "1000",
        ),
    ]
    words = ([caddy, "run", "--config", f"{folder}/Caddyfile", "--adapter", "caddyfile"], uwsgi)
    environ = {**stack.env, "HOME": str(folder), "XDG_CONFIG_HOME": str(folder), "XDG_DATA_HOME": str(folder)}
    running = [_started(each, folder, environ) for each in words]
    try:
        wait_for(port)
        _until_answered(port)
        yield Measured(f"Caddy {_version(caddy)}", port, family([each.pid for each in running]))
    finally:
        for process in running:
            process.terminate()
        for process in running:
            process.wait(60)


def _started(words: list[str], folder: Path, environ: dict[str, str]) -> subprocess.Popen[bytes]:
    silent = subprocess.DEVNULL
    with (folder / f"{Path(words[0]).name}.log").open("wb") as log:
        return subprocess.Popen(words, cwd=folder, env=environ, stdin=silent, stdout=silent, stderr=log)


def _version(caddy: str) -> str:
    done = subprocess.run([caddy, "version"], capture_output=True, text=True, timeout=30, check=True)
    return done.stdout.split()[0]


def _until_answered(port: int) -> None:
    words = ["curl", "-sSk", "--retry", "30", "--retry-all-errors", "--retry-max-time", "30", "--fail"]
    words += ["--resolve", f"localhost:{port}:127.0.0.1"]
    for path in ("/", "/static/page.txt"):
        done = subprocess.run(
            [*words, f"https://localhost:{port}{path}"], capture_output=True, timeout=60, check=True
        )
        assert len(done.stdout) == 1000, (path, done)


def _measure(h2load: str, server: Measured, *, keep: bool) -> None:
    def load(path: str, requests: int, clients: int, streams: int) -> float:
        return _load(h2load, server.port, path, requests, clients, streams)

    def cpu_us(path: str, requests: int, clients: int, streams: int) -> float:
        before = cpu_s(server.processes)
        load(path, requests, clients, streams)
        return (cpu_s(server.processes) - before) / requests * 1e6

    before = cpu_s(server.processes)
    opened = load("/static/page.txt", CONNECTIONS, CONNECTIONS, 1)
    found = (
        opened,
        (cpu_s(server.processes) - before) / CONNECTIONS * 1e6,
        cpu_us("/static/page.txt", REQUESTS, 20, 10),
        cpu_us("/", REQUESTS // 4, 20, 4),
    )
    if keep:
        for series, value in zip(
            (server.handshakes, server.handshake_us, server.static_us, server.app_us), found, strict=True
        ):
            series.append(value)


def _load(h2load: str, port: int, path: str, requests: int, clients: int, streams: int) -> float:
    """Send these requests. Return the requests per second. Raise ValueError where one was not answered with 200."""
    words = [h2load, "-n", str(requests), "-c", str(clients), "-m", str(streams), "-t", "1"]
    done = subprocess.run(
        [*words, f"https://localhost:{port}{path}"], capture_output=True, text=True, timeout=300, check=True,
        env={**os.environ, "LC_ALL": "C"},
    )  # fmt: skip
    good = re.search(r"status codes: (\d+) 2xx", done.stdout)
    took = re.search(r"finished in ([\d.]+)(us|ms|s),", done.stdout)
    if not good or not took or int(good[1]) != requests:
        raise ValueError(f"h2load at port {port}{path}: {done.stdout}")
    return requests / (float(took[1]) * {"us": 1e-6, "ms": 1e-3, "s": 1.0}[took[2]])
