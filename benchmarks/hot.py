"""What a request costs in CPU: enuf as it is, enuf with one default changed at a time, and others. The tables of docs/*/explain/performance.md.

    python benchmarks/hot.py [--rounds 8] [--peers BIN] [WORD ...]

Prints for each row the CPU time per request of all its processes (nginx and the app server) and its ratio to the first row, each the
median of one-second turns of `wrk` on 16 kept connections, which go from row to row and back. WORDs choose the rows whose name
has one of them. BIN is the folder of the programs of a virtualenv with Flask, granian and gunicorn. Run as root, the
servers get more of a busy machine than its other processes.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import re
import shlex
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import msgspec
import psutil
from beside import TEMPORARY, ask, family, free_port, nginx_program, process, until_answered

from enuf.bench.subjects.nginx_by_hand import PASSED_BY_UWSGI

APP = "from flask import Flask\napp = Flask(__name__)\n\n@app.get('/')\ndef index():\n    return 'hello'\n"
NGINX = """{user} worker_processes 2; daemon off; pid {folder}/nginx.pid; events {{ worker_connections 1024; }}
http {{
    access_log {folder}/access.log;
    {temporary}
    server {{ listen 127.0.0.1:{port}; location / {{ {passed} }} }}
}}
"""
PROXY_PASS = "proxy_pass http://unix:{folder}/app.sock; proxy_set_header Host $http_host;"
Commands = Callable[[Path, int, Path], list[list[str]]]


class Row(msgspec.Struct):
    """One way to serve the app, and what was measured of it."""

    name: str
    commands: Commands
    cpu_us: list[float] = []
    p99_ms: list[float] = []
    parts: list[dict[str, float]] = []


def enuf(file: str = "", pattern: str = "", text: str = "", words: tuple[str, ...] = ()) -> Commands:
    """Return the commands of enuf's own files, with a text in the place of a pattern in one of them."""

    def commands(folder: Path, port: int, _peers: Path) -> list[list[str]]:
        size = ("--processes", "2", "--threads", "2", "--port", str(port))
        render = [sys.executable, "-m", "enuf", "render", str(folder / "made"), "app.py", *size, *words]
        subprocess.run(render, cwd=folder, check=True, capture_output=True)
        conf = folder / "made/conf"
        started = [_command(conf / name) for name in ("uwsgi.ini", "nginx.conf")]
        if file:
            before = (conf / file).read_text()
            after, found = re.subn(pattern, text, before, flags=re.MULTILINE)
            if not found:
                raise SystemExit(f"nothing to change in {file}: {pattern}")
            (conf / file).write_text(after)
        return started

    return commands


def _command(file: Path) -> list[str]:
    """Return the command line that the head of a file tells."""
    return shlex.split(next(line[4:] for line in file.read_text().splitlines() if line.startswith("#   /")))


def by_hand(server: Callable[[Path, Path], list[str]], passed: str) -> Commands:
    """Return the commands of a server behind an nginx as people write it."""

    def commands(folder: Path, port: int, peers: Path) -> list[list[str]]:
        text = NGINX.format(
            user="user root;" if os.geteuid() == 0 else "", folder=folder, port=port,
            temporary=TEMPORARY.format(folder=folder), passed=passed.format(folder=folder),
        )  # fmt: skip
        (folder / "nginx.conf").write_text(text)
        nginx = [
            nginx_program(),
            "-p",
            str(folder),
            "-e",
            f"{folder}/error.log",
            "-c",
            f"{folder}/nginx.conf",
        ]
        return [server(folder, peers), nginx]

    return commands


def uwsgi(folder: Path, _peers: Path) -> list[str]:
    words = "--chmod-socket=666 --master -p 2 --threads 2 --module app:app --pythonpath . --disable-logging"
    program = str(Path(sys.executable).with_name("uwsgi"))
    return [sys.executable, program, "--socket", f"{folder}/app.sock", *words.split()]


def gunicorn(folder: Path, peers: Path) -> list[str]:
    return [
        str(peers / "gunicorn"),
        "-b",
        f"unix:{folder}/app.sock",
        *["-w", "2", "--threads", "2", "app:app"],
    ]


_GRANIAN = ["--interface", "wsgi", "--workers", "2", "--blocking-threads", "2", "app:app"]


def granian(folder: Path, peers: Path) -> list[str]:
    return [str(peers / "granian"), "--uds", f"{folder}/app.sock", *_GRANIAN]


def granian_alone(_folder: Path, port: int, peers: Path) -> list[list[str]]:
    return [[str(peers / "granian"), "--host", "127.0.0.1", "--port", str(port), *_GRANIAN]]


ROWS: dict[str, Commands] = {
    "enuf": enuf(),
    "each line of the log by itself": enuf("nginx.conf", r" buffer=4k flush=100ms", ""),
    "uwsgi_buffer_size 32k": enuf("nginx.conf", r"uwsgi_buffer_size 24k", "uwsgi_buffer_size 32k"),
    "no gc.freeze": enuf("enuf_wsgi.py", r"^gc\..*\n", ""),
    "no access log": enuf("nginx.conf", r"access_log .*enuf buffer.*;", "access_log off;"),
    "no measurement of the wait": enuf("uwsgi.ini", r"^route-run.*\n", ""),
    "no wrapper": enuf("enuf_wsgi.py", r"\A[^\0]*\Z", "from app import app as application\n"),
    "2 x 1": enuf("uwsgi.ini", r"^threads = 2", "threads = 1"),
    "the system's nginx": enuf(words=("--nginx", "system")),
    "nginx + uWSGI by hand": by_hand(uwsgi, PASSED_BY_UWSGI),
    "nginx + gunicorn gthread": by_hand(gunicorn, PROXY_PASS),
    "nginx + granian": by_hand(granian, PROXY_PASS),
    "granian alone": granian_alone,
}


def main() -> int:
    """Measure the rows, and print them."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=8)
    parser.add_argument("--peers", type=Path, default=Path(sys.executable).parent)
    parser.add_argument("words", nargs="*")
    options = parser.parse_args()
    rows = [
        Row(name, commands)
        for name, commands in ROWS.items()
        if name == "enuf" or not options.words or any(word in name for word in options.words)
    ]
    with contextlib.suppress(OSError):
        Path("/proc/self/autogroup").write_text("-15")
    with contextlib.ExitStack() as everything:
        served = [(row, *start(row, options.peers, everything)) for row in rows]
        for number in range(options.rounds + 1):
            for row, running, port in served if number % 2 else reversed(served):
                turn(row, running, port)
            if number == 0:  # imports, caches and connections are there now
                for row in rows:
                    row.cpu_us, row.p99_ms, row.parts = [], [], []
    print("| | CPU per request, µs | ratio | p99, ms | of that |\n|---|---|---|---|---|")
    for row in rows:
        print(line(row, rows[0]))
    return 0


def start(row: Row, peers: Path, everything: contextlib.ExitStack) -> tuple[list[psutil.Popen], int]:
    """Start the servers of a row. Return them, and the port."""
    folder, port = (
        Path(everything.enter_context(tempfile.TemporaryDirectory(prefix="enuf-hot-"))),
        free_port(),
    )
    folder.chmod(0o755)
    (folder / "app.py").write_text(APP)
    output = everything.enter_context((folder / "output").open("wb"))
    commands = row.commands(folder, port, peers)
    running = [everything.enter_context(process(words, folder, output.fileno())) for words in commands]
    until_answered(port, folder)
    return running, port


def turn(row: Row, running: list[psutil.Popen], port: int) -> None:
    """Send requests for a second, and note what they cost."""
    ask(port, 5)
    before = cpu(running)
    load = ["wrk", "-t1", "-c16", "-d1s", "--latency", f"http://127.0.0.1:{port}/"]
    told = subprocess.run(load, capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in told or "Socket errors" in told:
        raise SystemExit(f"{row.name}: not every request was answered:\n{told}")
    requests = int(re.search(r"(\d+) requests in", told)[1])  # type: ignore[index]
    number, unit = re.search(r"99%\s+([\d.]+)(us|ms|s)", told).groups()  # type: ignore[union-attr]
    spent = {
        pid: (name, (now_s - before.get(pid, (name, 0.0))[1]) / requests * 1e6)
        for pid, (name, now_s) in cpu(running).items()
    }
    row.parts.append(
        {which: sum(us for name, us in spent.values() if name == which) for which, _ in spent.values()}
    )
    row.cpu_us.append(sum(us for _, us in spent.values()))
    row.p99_ms.append(float(number) * {"us": 0.001, "ms": 1, "s": 1000}[unit])


def cpu(running: list[psutil.Popen]) -> dict[int, tuple[str, float]]:
    """Return name and CPU time, in seconds, of each process: the kernel's own nanoseconds, of all threads."""
    found = dict[int, tuple[str, float]]()
    for each in family(running):
        with contextlib.suppress(psutil.Error, OSError):
            tasks = Path(f"/proc/{each.pid}/task").iterdir()
            spent_ns = sum(int((task / "schedstat").read_text().split()[0]) for task in tasks)
            found[each.pid] = each.name(), spent_ns / 1e9
    return found


def line(row: Row, first: Row) -> str:
    """Return a row of the table."""
    ratio = statistics.median(own / other for own, other in zip(row.cpu_us, first.cpu_us, strict=True))
    parts = {
        name: statistics.median(part.get(name, 0.0) for part in row.parts) for name in sorted(row.parts[0])
    }
    told = ", ".join(f"{name} {us:.0f}" for name, us in parts.items())
    return f"| {row.name} | {statistics.median(row.cpu_us):.0f} | {ratio:.2f} | {statistics.median(row.p99_ms):.1f} | {told} |"


if __name__ == "__main__":
    sys.exit(main())
