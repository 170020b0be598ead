"""One Flask app served by enuf and by other servers, the losses included: the table of docs/*/explain/comparison.md.

    python benchmarks/beside.py [--rounds 5] [--requests 4000] [--write]

Every server has 2 processes x 4 threads where it has both, and writes an access log. The rounds go from server to server, so
that each meets the same neighbours; compare the rows, not machines. Needs h2load (nghttp2-client), and for their rows caddy and
granian (`pip install granian`); a row whose program is missing is left out, and the table is not written then.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import psutil
from start import free_port

ROOT = Path(__file__).parents[1]
PROCESSES, THREADS = 2, 4
SLOW_VISITORS = 40
WAIT_S = 5.0
APP = """
from flask import Flask, render_template_string
app = Flask(__name__)
ROWS = [{"name": f"article {number}", "price": number * 3} for number in range(40)]
PAGE = "<table>{% for row in rows %}<tr><td>{{ row.name }}</td><td>{{ row.price }}</td></tr>{% endfor %}</table>"

@app.get("/")
def index():
    return render_template_string(PAGE, rows=ROWS)
"""
NGINX = """
{user}
worker_processes 2;
daemon off;
pid {folder}/nginx.pid;
events {{ worker_connections 512; }}
http {{
    access_log {folder}/access.log;
    {temporary}
    server {{
        listen 127.0.0.1:{port};
        location / {{
            proxy_pass http://unix:{folder}/gunicorn.sock;
            proxy_set_header Host $http_host;
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
        }}
    }}
}}
"""
CADDY = """
{{
    admin off
    auto_https off
}}
http://127.0.0.1:{port} {{
    log {{
        output file {folder}/access.log
    }}
    reverse_proxy unix/{folder}/gunicorn.sock
}}
"""
TEMPORARY = "\n    ".join(
    f"{kind}_temp_path {{folder}}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
)


class Measured(msgspec.Struct):
    """What was measured of one server."""

    starts_s: list[float] = []
    cpu_us: list[float] = []
    memory_mb: list[float] = []
    slow_s: list[float] = []


def main() -> int:
    """Measure all servers, print the table, and write it into the pages. Return 1 if one is missing."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--requests", type=int, default=4000)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    servers = {
        name: words for name, words in SERVERS.items() if not (lacking := missing(name)) or say(lacking)
    }
    found = {name: Measured() for name in servers}
    for _ in range(options.rounds):
        for name, commands in servers.items():
            with tempfile.TemporaryDirectory(prefix="enuf-beside-") as folder:
                measure(Path(folder), commands, found[name], options.requests)
    table = "\n".join(rows(found))
    print(table)
    if len(servers) < len(SERVERS):
        return 1
    if options.write:
        write(table)
    return 0


def missing(name: str) -> str:
    """Return what a row needs and this machine does not have; empty if all is there."""
    if not shutil.which("h2load"):
        raise SystemExit("h2load is missing: apt-get install nghttp2-client")
    needs = {"Caddy": shutil.which("caddy"), "granian": importable("granian")}
    return next(
        (
            f"no row for {name}: it is not installed"
            for word, there in needs.items()
            if word in name and not there
        ),
        "",
    )


def importable(name: str) -> bool:
    """Return True if the package can be imported."""
    import importlib.util

    return importlib.util.find_spec(name) is not None


def say(text: str) -> bool:
    """Print a remark. Return False."""
    print(text, file=sys.stderr)
    return False


Commands = Callable[[Path, int], list[list[str]]]


def enuf(_folder: Path, port: int) -> list[list[str]]:
    """Return the command of enuf with its default topology."""
    return [
        [sys.executable, "-m", "enuf", "--quiet", "up", *listening(port), "--set", "dashboard.listen=off"]
    ]


def enuf_gunicorn(folder: Path, port: int) -> list[list[str]]:
    """Return the command of enuf with gunicorn behind nginx."""
    return [[*enuf(folder, port)[0], "--topology", "nginx-gunicorn"]]


def listening(port: int) -> list[str]:
    """Return the flags of enuf for this comparison."""
    user = ["--set", "serve.user=root"] if os.geteuid() == 0 else []  # whom all others run as, too
    return [*user, "--listen", f"127.0.0.1:{port}", "--processes", str(PROCESSES), "--threads", str(THREADS)]


def gunicorn(folder: Path, bind: str) -> list[str]:
    """Return the command of gunicorn with threads."""
    words = ["--worker-class", "gthread", "--workers", str(PROCESSES), "--threads", str(THREADS)]
    return [
        sys.executable,
        "-m",
        "gunicorn",
        *words,
        "--bind",
        bind,
        "--access-logfile",
        f"{folder}/gunicorn.log",
        "app:app",
    ]


def gunicorn_alone(folder: Path, port: int) -> list[list[str]]:
    """Return the command of gunicorn at a port."""
    return [gunicorn(folder, f"127.0.0.1:{port}")]


def gunicorn_nginx(folder: Path, port: int) -> list[list[str]]:
    """Return the commands of gunicorn behind an nginx by hand."""
    text = NGINX.format(
        user="user root;" if os.geteuid() == 0 else "",
        folder=folder,
        port=port,
        temporary=TEMPORARY.format(folder=folder),
    )
    (folder / "nginx.conf").write_text(text)
    nginx = [nginx_program(), "-p", str(folder), "-e", f"{folder}/error.log", "-c", f"{folder}/nginx.conf"]
    return [gunicorn(folder, f"unix:{folder}/gunicorn.sock"), nginx]


def gunicorn_caddy(folder: Path, port: int) -> list[list[str]]:
    """Return the commands of gunicorn behind Caddy."""
    (folder / "Caddyfile").write_text(CADDY.format(folder=folder, port=port))
    caddy = ["caddy", "run", "--config", f"{folder}/Caddyfile", "--adapter", "caddyfile"]
    return [gunicorn(folder, f"unix:{folder}/gunicorn.sock"), caddy]


def granian(_folder: Path, port: int) -> list[list[str]]:
    """Return the command of granian for WSGI."""
    words = [
        "--interface",
        "wsgi",
        "--workers",
        str(PROCESSES),
        "--blocking-threads",
        str(THREADS),
        "--access-log",
    ]
    return [[sys.executable, "-m", "granian", *words, "--host", "127.0.0.1", "--port", str(port), "app:app"]]


SERVERS: dict[str, Commands] = {
    "enuf (nginx + uWSGI)": enuf,
    "enuf, `--topology nginx-gunicorn`": enuf_gunicorn,
    "gunicorn + nginx, by hand": gunicorn_nginx,
    "gunicorn alone": gunicorn_alone,
    "granian alone": granian,
    "gunicorn + Caddy": gunicorn_caddy,
}


def measure(folder: Path, commands: Commands, result: Measured, requests: int) -> None:
    """Start a server, measure everything once, and end the server."""
    (folder / "app.py").write_text(APP)
    port = free_port()
    with contextlib.ExitStack() as started, (folder / "output").open("wb") as output:
        begin = time.monotonic()
        running = [
            started.enter_context(process(words, folder, output.fileno())) for words in commands(folder, port)
        ]
        until_answered(port, folder)
        result.starts_s.append(time.monotonic() - begin)
        load(port, requests // 4)  # imports, caches and connections are there then
        before = cpu_s(running)
        load(port, requests)
        result.cpu_us.append((cpu_s(running) - before) * 1e6 / requests)
        result.memory_mb.append(sum(each.memory_full_info().pss for each in family(running)) / 2**20)
        result.slow_s.append(among_slow(port))


@contextlib.contextmanager
def process(words: list[str], folder: Path, output: int) -> Iterator[psutil.Popen]:
    """Run a program, and end it with its children."""
    environment = {**os.environ, "HOME": str(folder)}
    running = psutil.Popen(
        words, cwd=folder, stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=environment
    )
    try:
        yield running
    finally:
        all_of_it = family([running])
        running.terminate()
        _, alive = psutil.wait_procs(all_of_it, timeout=20)
        for each in alive:
            with contextlib.suppress(psutil.Error):
                each.kill()


def family(running: list[psutil.Popen]) -> list[psutil.Process]:
    """Return the programs with all their children."""
    return [each for top in running for each in (psutil.Process(top.pid), *top.children(recursive=True))]


def cpu_s(running: list[psutil.Popen]) -> float:
    """Return the CPU time of the programs and their children in seconds."""
    return sum(times.user + times.system for times in (each.cpu_times() for each in family(running)))


def load(port: int, requests: int) -> None:
    """Send requests on 8 kept connections. Raise SystemExit if one is not answered with 200."""
    words = ["h2load", "--h1", "-c", "8", "-n", str(requests), f"http://127.0.0.1:{port}/"]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    if f"status codes: {requests} 2xx" not in done.stdout:
        raise SystemExit(f"not every request was answered:\n{done.stdout}")


def among_slow(port: int) -> float:
    """Return the seconds until a page is answered while visitors hold connections with half a request; infinite if none is."""
    with contextlib.ExitStack() as connections:
        for _ in range(SLOW_VISITORS):
            slow = connections.enter_context(socket.create_connection(("127.0.0.1", port), timeout=WAIT_S))
            slow.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nUser-Agent: slo")
        time.sleep(0.5)  # until the server has given each its place
        begin = time.monotonic()
        try:
            ask(port, WAIT_S)
        except OSError:
            return float("inf")
        return time.monotonic() - begin


def ask(port: int, timeout: float) -> int:
    """Return the status of the page."""
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)) as connection:
        connection.request("GET", "/")
        answer = connection.getresponse()
        answer.read()
        return answer.status


def until_answered(port: int, folder: Path) -> None:
    """Wait for the first page. Raise SystemExit after a minute."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        with contextlib.suppress(OSError, http.client.HTTPException):
            if ask(port, 5) == 200:
                return
        time.sleep(0.01)
    raise SystemExit(f"no page after a minute:\n{(folder / 'output').read_text()}")


def nginx_program() -> str:
    """Return the path of the embedded nginx."""
    from enuf.discover.tools import find_nginx
    from enuf.model.tool import Interpreter

    nobody = Interpreter(executable=sys.executable, version="", prefix="", base_prefix="", origin="")
    return find_nginx("embedded", nobody).argv[0]


def rows(found: dict[str, Measured]) -> Iterator[str]:
    """Yield the lines of the table."""
    yield "| median | CPU per page, µs | memory, MB | start to the first page, s | a page among 40 slow visitors |"
    yield "|---|---|---|---|---|"
    for name, each in found.items():
        slow = statistics.median(each.slow_s)
        answered = f"not within {WAIT_S:.0f} s" if slow == float("inf") else f"{slow * 1000:.0f} ms"
        figures = (
            f"{statistics.median(each.cpu_us):.0f}",
            f"{statistics.median(each.memory_mb):.0f}",
            f"{statistics.median(each.starts_s):.1f}",
            answered,
        )
        yield f"| {name} | {' | '.join(figures)} |"


def write(table: str) -> None:
    """Put the table into the pages of both languages."""
    for language in ("en", "ko"):
        page = ROOT / f"docs/{language}/explain/comparison.md"
        before, begin, rest = page.read_text().partition("<!-- beside -->\n")
        _, end, after = rest.partition("<!-- end of beside -->")
        page.write_text(f"{before}{begin}\n{table}\n\n{end}{after}")


if __name__ == "__main__":
    sys.exit(main())
