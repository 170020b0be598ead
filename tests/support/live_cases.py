"""Small faulty stacks of real servers, each with the code that the live doctor must find first.

A case is a file of tests/live_cases: `expect`, the `path` of the URL, `server`, `files` beside or in place of the usual ones, `rewrites`
that are written once nginx runs, `links`, a file that the case `awaits` in place of a started worker, and `steps` to take then. `warns`: the code is a warning among others, in any place; `root`: only root can start the case; `named`: the doctor is given the folder; `only_here`: the saved
evidence does not tell the cause; `url` in place of the path; `long_query`: so many characters behind the path; `certificate`: a host name, for
which site.pem and site.key are made; `needs`: a program, without which the case is skipped;
`load`: visitors ask while it looks. `@FOLDER@`, `@PORT@`, `@OTHER@` stand for the folder and its two ports, `@PYTHON@` for the interpreter, `@BIN@` for
the folder of its programs.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import sys
import tempfile
import threading
import tomllib
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil

from tests.support.builds import nginx_program
from tests.support.certificates import issue
from tests.support.live_servers import BIN, NGINX_HEAD, UWSGI_PARAMS, let_go, start_in
from tests.support.ports import free_port
from tests.support.stack import until

FOLDER = Path(__file__).parents[1] / "live_cases"
APP = """
import os, signal

def application(environ, start_response):
    path = environ["PATH_INFO"]
    if path == "/die":
        os.kill(os.getpid(), signal.SIGKILL)
    if path == "/crash":
        os.kill(os.getpid(), signal.SIGSEGV)
    if path == "/leave":
        os._exit(3)
    if path == "/held":
        open("held", "w").close()
        open("pipe").close()  # waits until the case ends
    if path == "/error":
        raise LookupError("no such shop")
    headers = [("Content-Type", "text/plain")]
    if path == "/big":
        headers.append(("X-Big", "x" * 20000))
    start_response("200 OK", headers)
    return [b"hello"]
"""
UWSGI = """
[uwsgi]
module = app
socket = @FOLDER@/app.sock
chmod-socket = 666
master = true
processes = 2
die-on-term = true
logto = @FOLDER@/server.log
"""
GUNICORN = """
wsgi_app = "app"
bind = "unix:@FOLDER@/app.sock"
umask = 0
workers = 2
errorlog = "@FOLDER@/server.log"
"""
SITES = {
    "uwsgi": "server { listen 127.0.0.1:@PORT@; location / { include params; uwsgi_pass unix:@FOLDER@/app.sock; } }",
    "gunicorn": "server { listen 127.0.0.1:@PORT@; location / { proxy_pass http://unix:@FOLDER@/app.sock; } }",
}
NGINX = f"{NGINX_HEAD}    include site.conf;\n}}\n"


class Case:
    """One case on disk, and the servers that were started for it."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.told: dict[str, Any] = tomllib.loads((FOLDER / f"{name}.toml").read_text())
        self.folder = Path(tempfile.mkdtemp(prefix="case-", dir="/tmp"))
        self.port, self.other = free_port(), free_port()
        self.started: dict[str, psutil.Popen] = {}
        self.requests: list[threading.Thread] = []

    @property
    def expect(self) -> list[str]:
        """The codes of which one must come first; none for a healthy stack."""
        return list(self.told["expect"])

    @property
    def url(self) -> str:
        """The URL to diagnose."""
        path = self.told.get("path", "/")
        if count := self.told.get("long_query"):
            path += "?" + "x" * count
        return self.filled(self.told.get("url", f"http://127.0.0.1:@PORT@{path}"))

    def filled(self, text: str) -> str:
        """Return a text with the folder and the ports of this case."""
        names = {
            "@FOLDER@": str(self.folder),
            "@PORT@": str(self.port),
            "@OTHER@": str(self.other),
            "@PYTHON@": sys.executable,
            "@BIN@": str(BIN),
        }
        for name, value in names.items():
            text = text.replace(name, value)
        return text

    def write(self) -> None:
        """Write the usual files, and those of the case in their place."""
        self.folder.chmod(0o755)
        kind = self.told.get("server", "uwsgi")
        usual = {
            "app.py": APP,
            "site.conf": SITES[kind],
            "nginx.conf": NGINX,
            "params": f"{UWSGI_PARAMS}uwsgi_param HTTP_HOST $http_host;\n",
            **({"uwsgi.ini": UWSGI} if kind == "uwsgi" else {"gunicorn.conf.py": GUNICORN}),
        }
        for name, text in (usual | self.told.get("files", {})).items():
            (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
            (self.folder / name).write_text(self.filled(text))
        for name, goal in self.told.get("links", {}).items():
            (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
            (self.folder / name).symlink_to(self.filled(goal))
        os.mkfifo(self.folder / "pipe")
        if host := self.told.get("certificate"):
            issue(host).write(self.folder)

    def start(self) -> None:
        """Start the app server and nginx, and take the steps."""
        if self.told.get("starts", True):
            self.start_server()
        self._run("nginx", nginx_program("embedded"), "-p", f"{self.folder}/", "-c", f"{self.folder}/nginx.conf", "-e", "error.log")  # fmt: skip
        until((self.folder / "nginx.pid").exists, what="the start of nginx")
        for name, text in self.told.get("rewrites", {}).items():
            (self.folder / name).write_text(self.filled(text))
        for step, *words in self.told.get("steps", []):
            getattr(self, f"step_{step}")(*map(self.filled, words))

    def start_server(self) -> None:
        """Start the app server, and wait until it is ready or has ended."""
        if self.told.get("server", "uwsgi") == "uwsgi":
            self._run("server", sys.executable, str(BIN / "uwsgi"), "--ini", f"{self.folder}/uwsgi.ini")
        else:
            self._run("server", str(BIN / "gunicorn"), "-c", f"{self.folder}/gunicorn.conf.py")
        log, server = self.folder / "server.log", self.started["server"]
        ready = ("spawned uWSGI worker", "Booting worker", "GAME OVER")
        awaited = self.told.get("awaits", "")
        until(
            lambda: (
                server.poll() is not None
                or (awaited and Path(self.filled(awaited)).exists())
                or (log.exists() and any(each in log.read_text() for each in ready))
            ),
            what="the start of the server",
        )

    def _run(self, name: str, *words: str) -> None:
        self.started[name] = start_in(self.folder, name, words)

    # -- the steps

    def step_get(self, path: str) -> None:
        """Ask for a path, whatever the answer is."""
        with contextlib.suppress(OSError):
            self._ask(path)

    def step_hold(self, path: str) -> None:
        """Ask for a path that is not answered, and wait until the app has the request."""
        self.requests.append(threading.Thread(target=self.step_get, args=(path,)))
        self.requests[-1].start()
        until((self.folder / "held").exists, what="a request in the app")

    def step_serves(self, path: str) -> None:
        """Wait until a path is answered with 200."""
        until(lambda: self._ask(path) == 200, what=f"an answer to {path}")

    def step_signal(self, who: str, name: str) -> None:
        """Signal the `server`, `nginx`, a `worker` or the `workers` of the server."""
        number = getattr(signal, name)
        if who in self.started:
            self.started[who].send_signal(number)
            return
        server = self.started["server"]
        if who == "workers":
            until(lambda: len(server.children()) == 2, what="the start of the second worker")
        workers = server.children()
        for each in workers if who == "workers" else workers[:1]:
            each.send_signal(number)

    def step_ended(self, who: str) -> None:
        """Wait until the server has ended by itself."""
        self.started[who].wait(60)

    def step_end(self, who: str) -> None:
        """Kill the server with its workers, or nginx, as a crash of the machine would."""
        self.started[who].suspend()  # no worker is started between the list and the kill
        found = [self.started[who], *self.started[who].children(recursive=True)]
        for each in found:
            each.kill()
        psutil.wait_procs(found, 30)

    def step_write(self, name: str, text: str) -> None:
        """Write a file."""
        (self.folder / name).write_text(text)

    def step_remove(self, name: str) -> None:
        """Remove a file."""
        (self.folder / name).unlink()

    def step_rename(self, name: str, other: str) -> None:
        """Rename a file."""
        (self.folder / name).rename(self.folder / other)

    def step_remove_folder(self, name: str) -> None:
        """Remove a folder with all that is in it."""
        shutil.rmtree(self.folder / name)

    def step_link(self, name: str, goal: str) -> None:
        """Let a link lead to a goal, in place of what it led to."""
        (self.folder / name).unlink(missing_ok=True)
        (self.folder / name).symlink_to(goal)

    def step_run(self, name: str, *words: str) -> None:
        """Start one more program under a name, and wait until it has written a file `NAME.ready`, or has ended."""
        self._run(name, *words)
        ready, program = self.folder / f"{name}.ready", self.started[name]
        until(lambda: ready.exists() or program.poll() is not None, what=f"the start of {name}")

    def step_nginx(self, name: str) -> None:
        """Start nginx with NAME.conf and the prefix of the folder, and wait until it has started or given up."""
        words = ("-p", f"{self.folder}/", "-c", f"{self.folder}/{name}.conf", "-e", f"{name}.log")
        self._run(name, nginx_program("embedded"), *words)
        pid_file, program = self.folder / f"{name}.pid", self.started[name]
        until(lambda: pid_file.exists() or program.poll() is not None, what=f"the start of {name}")

    def step_post(self, path: str, count: str) -> None:
        """Send a body of so many bytes, whatever the answer is."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}", data=b"x" * int(count), method="POST"
        )
        with contextlib.suppress(OSError):
            urllib.request.urlopen(request, timeout=60).close()

    def step_exists(self, name: str) -> None:
        """Wait until there is a file, such as the socket of a server."""
        until((self.folder / name).exists, what=f"{name} of {self.name}")

    def step_grow(self, name: str, size: str) -> None:
        """Make a file so large, without a byte on the disk."""
        os.truncate(self.folder / name, int(size))

    def step_chmod(self, mode: str, name: str) -> None:
        """Change the mode of a file."""
        (self.folder / name).chmod(int(mode, 8))

    def step_says(self, text: str, name: str) -> None:
        """Wait until a log has a text."""
        log = self.folder / name
        until(lambda: log.exists() and text in log.read_text(errors="replace"), what=f"{text!r} in {name}")

    def _ask(self, path: str) -> int:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=60) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code

    def end(self) -> None:
        """End what was started, and remove the folder."""
        let_go(self.folder / "pipe")
        found = [
            each
            for process in self.started.values()
            if process.is_running()
            for each in (process, *process.children(recursive=True))
        ]
        for each in found:
            with contextlib.suppress(psutil.Error):
                each.kill()
        psutil.wait_procs(found, 30)
        for process in self.started.values():
            process.wait(30)
        self._kill_left()
        for request in self.requests:
            request.join(30)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _kill_left(self) -> None:
        """Kill workers whose main process ended before them: they still stand in the folder of the case."""
        for each in psutil.process_iter():
            with contextlib.suppress(psutil.Error, OSError):
                if each.cwd() == str(self.folder):
                    each.kill()
                    each.wait(30)


@contextlib.contextmanager
def running(name: str) -> Iterator[Case]:
    """Start a case, and end it after the block."""
    case = Case(name)
    try:
        case.write()
        case.start()
        yield case
    finally:
        case.end()


def missing(name: str) -> str:
    """Return what this machine or user lacks for a case; empty if the case can run."""
    told = tomllib.loads((FOLDER / f"{name}.toml").read_text())
    if told.get("root") and os.geteuid() != 0:
        return "only root starts nginx as another user"
    needed = told.get("needs", "")
    return f"there is no {needed}" if needed and not shutil.which(needed) else ""


def names() -> list[str]:
    """Return the names of all cases."""
    return sorted(each.stem for each in FOLDER.glob("*.toml"))
