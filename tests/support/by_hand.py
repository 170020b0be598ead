"""A person at a shell: a project, a virtualenv, and commands as the documentation prints them."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import select
import shlex
import signal
import socket
import subprocess
import urllib.parse
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil

from tests.support.stack import MARK, Finished, Response, until

_PATIENCE = 4


class Hand:
    """A project and the commands typed in it. `end_all` kills the processes left running."""

    def __init__(self, project: Path, path: str) -> None:
        self.project = project
        self.mark = uuid.uuid4().hex
        self.env = {
            "PATH": path,
            "HOME": str(project),
            "LANG": "C.UTF-8",
            "PYTHONDONTWRITEBYTECODE": "1",
            MARK: self.mark,
        }
        self._running: list[subprocess.Popen[bytes]] = []

    # -- commands

    def type(self, command: str, *, folder: Path | None = None, **env: str) -> Finished:
        """Run a command line in a shell and wait for its end."""
        output = self.project / "terminal"
        with output.open("w+b") as screen:  # a daemon keeps the terminal open: a pipe would never end
            code = subprocess.run(
                shlex.split(command),
                cwd=folder or self.project,
                env={**self.env, **env},
                stdin=subprocess.DEVNULL,
                stdout=screen,
                stderr=subprocess.STDOUT,
                timeout=60,
                check=False,
            ).returncode
        text = output.read_text(errors="replace")
        return Finished(subprocess.CompletedProcess(command, code, text, ""))

    @contextlib.contextmanager
    def running(
        self, command: str, *, stop: signal.Signals = signal.SIGINT, **env: str
    ) -> Iterator[subprocess.Popen[bytes]]:
        """Run a command during the block, with its output in the file `screen`; interrupt the command at the end."""
        with self.path("screen").open("wb") as screen:
            process = subprocess.Popen(
                shlex.split(command),
                cwd=self.project,
                env={**self.env, **env},
                stdin=subprocess.DEVNULL,
                stdout=screen,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._running.append(process)
        try:
            yield process
        finally:
            _interrupt(process, stop)

    # -- looking

    def get(self, url: str, **headers: str) -> Response:
        """Send a GET as a browser would, and return the response."""
        at = urllib.parse.urlsplit(url)
        connection = http.client.HTTPConnection(at.hostname or "", at.port or 80, timeout=60)
        with contextlib.closing(connection):
            names = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request("GET", at.path + (f"?{at.query}" if at.query else ""), headers=names)
            found = connection.getresponse()
            return Response(found.status, dict(found.getheaders()), found.read())

    @contextlib.contextmanager
    def asking(self, url: str) -> Iterator[http.client.HTTPConnection]:
        """Send a request for the block without waiting for the response."""
        at = urllib.parse.urlsplit(url)
        connection = http.client.HTTPConnection(at.hostname or "", at.port or 80, timeout=60)
        with contextlib.closing(connection):
            connection.request("GET", f"{at.path}?{at.query}")
            yield connection

    def answer(self, url: str) -> Response:
        """Return the first response from this address, waiting until there is one."""

        def ask() -> Response | None:
            with contextlib.suppress(OSError, http.client.HTTPException):
                return self.get(url)
            return None

        found: Response = until(ask, what=f"an answer from {url}\n{self.text('screen')}")
        return found

    def path(self, name: str) -> Path:
        """Return the path of a file of the project."""
        return self.project / name

    def text(self, name: str) -> str:
        """Return the text of a file of the project; an empty text when there is none."""
        with contextlib.suppress(OSError):
            return self.path(name).read_text(errors="replace")
        return ""

    def write(self, name: str, text: str) -> Path:
        """Write a file of the project, and return its path."""
        self.path(name).write_text(text, encoding="utf-8")
        return self.path(name)

    def number_in(self, pidfile: str) -> int:
        """Return the pid in a pid file, waiting until the file is written."""
        return int(until(lambda: self.text(pidfile).strip(), what=f"a number in {pidfile}"))

    def settled(self, pidfile: str, workers: int) -> None:
        """Wait until every worker of uWSGI has its second thread: a worker that was just forked misses a signal."""

        def ready() -> bool:
            with contextlib.suppress(psutil.Error):  # the number may be read while it is being written
                master = psutil.Process(self.number_in(pidfile))
                return [each.num_threads() >= 2 for each in master.children()] == [True] * workers
            return False

        until(ready, what=f"{workers} workers of two threads")

    def stop_uwsgi(self, pidfile: str) -> None:
        """Run `uwsgi --stop`, again while the server runs (see `_interrupt`); from the second time on kill its workers."""
        master = psutil.Process(self.number_in(pidfile))
        for number in range(_PATIENCE):
            if self.path(pidfile).exists():
                self.type(f"uwsgi --stop {pidfile}")
            with contextlib.suppress(AssertionError):
                until(lambda: not self.path(pidfile).exists(), timeout=3)
                return
            with contextlib.suppress(psutil.Error):
                for worker in master.children() if number else []:
                    worker.kill()
        raise AssertionError(f"it did not stop: {self.processes()}")

    def codes(self, *names: str) -> set[str]:
        """Return the codes of the rules that `enuf doctor` reports for these files."""
        done = self.type(f"enuf doctor --json {shlex.join(names or ('.',))}")
        return {finding["code"] for finding in json.loads(done.out)["findings"]}

    def says(self, name: str, words: str) -> None:
        """Wait until a file holds these words."""
        until(lambda: words in self.text(name), what=f"{words!r} in {name}:\n{self.text(name)}")

    # -- the end

    def processes(self) -> list[psutil.Process]:
        """Return the live processes that were started here.

        A process is known by the mark in its environment, or by its folder: nginx overwrites its environment with its title.
        """
        found = []
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error, OSError):
                ours = process.environ().get(MARK) == self.mark or process.cwd() == str(self.project)
                if ours and process.status() != psutil.STATUS_ZOMBIE:
                    found.append(process)
        return found

    def end_all(self) -> list[psutil.Process]:
        """Kill every process that is left, and return those processes."""
        left = self.processes()
        for process in left:
            with contextlib.suppress(psutil.Error):
                process.kill()
        until(lambda: not self.processes(), what="the end of what was killed")
        return left


def _interrupt(process: subprocess.Popen[bytes], stop: signal.Signals) -> None:
    """Send the signal until the process ends, as a person would press Ctrl-C again; kill the process at last.

    A worker of uWSGI that was just forked misses the first signal, and its master waits for that worker.
    """
    for _ in range(_PATIENCE):
        if process.poll() is None:
            process.send_signal(stop)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(3)
            return
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def stats(address: tuple[str, int] | str) -> Any:
    """Return uWSGI's statistics: the server sends bare JSON to every connection."""
    family = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
    received = b""
    with socket.socket(family) as connection:
        connection.settimeout(10)
        connection.connect(address)
        while chunk := connection.recv(65536):
            received += chunk
    return json.loads(received)


def has_answer(connection: http.client.HTTPConnection) -> bool:
    """Return True once the server has sent a byte of the response."""
    return bool(select.select([connection.sock], [], [], 0)[0])


def listening(port: int) -> bool:
    """Return True while a process accepts connections on this port of loopback."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def is_alive(pid: int) -> bool:
    """Return True for a process that exists and is no zombie."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def sole(values: Any) -> Any:
    """Return the only item of a collection; fail for any other number of items."""
    (value,) = values
    return value


def executable(path: Path, text: str) -> Path:
    """Write an executable file with this text, and return its path."""
    path.write_text(text)
    path.chmod(0o755)
    return path
