"""A person at a terminal: a project, a virtualenv, and commands typed word for word."""

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
    """The project and what is typed in it; `close` ends what was left running and tells of it."""

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
        """Type this command and wait until the prompt is back."""
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
        """The command in the foreground, its output in the file `screen`; Ctrl-C at the end, unless it has ended."""
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
        """One request, as a browser would send it."""
        at = urllib.parse.urlsplit(url)
        connection = http.client.HTTPConnection(at.hostname or "", at.port or 80, timeout=20)
        with contextlib.closing(connection):
            names = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request("GET", at.path + (f"?{at.query}" if at.query else ""), headers=names)
            found = connection.getresponse()
            return Response(found.status, dict(found.getheaders()), found.read())

    @contextlib.contextmanager
    def asking(self, url: str) -> Iterator[http.client.HTTPConnection]:
        """A request that was sent; its answer is not waited for."""
        at = urllib.parse.urlsplit(url)
        connection = http.client.HTTPConnection(at.hostname or "", at.port or 80, timeout=20)
        with contextlib.closing(connection):
            connection.request("GET", f"{at.path}?{at.query}")
            yield connection

    def answer(self, url: str) -> Response:
        """The first answer that comes from there."""

        def ask() -> Response | None:
            with contextlib.suppress(OSError, http.client.HTTPException):
                return self.get(url)
            return None

        found: Response = until(ask, what=f"an answer from {url}\n{self.text('screen')}")
        return found

    def path(self, name: str) -> Path:
        """A file of the project."""
        return self.project / name

    def text(self, name: str) -> str:
        """What a file holds now; empty when there is none."""
        with contextlib.suppress(OSError):
            return self.path(name).read_text(errors="replace")
        return ""

    def write(self, name: str, text: str) -> Path:
        """A file of the project."""
        self.path(name).write_text(text, encoding="utf-8")
        return self.path(name)

    def number_in(self, pidfile: str) -> int:
        """The number of a process, once it is written."""
        return int(until(lambda: self.text(pidfile).strip(), what=f"a number in {pidfile}"))

    def settled(self, pidfile: str, workers: int) -> None:
        """Wait until every worker of uWSGI has its second thread: one that was only just forked misses a signal."""

        def ready() -> bool:
            with contextlib.suppress(psutil.Error):  # the number may be read while it is being written
                master = psutil.Process(self.number_in(pidfile))
                return [each.num_threads() >= 2 for each in master.children()] == [True] * workers
            return False

        until(ready, what=f"{workers} workers of two threads")

    def stop_uwsgi(self, pidfile: str) -> None:
        """Type `uwsgi --stop`, and again when nothing happens (see `_interrupt`); at last kill the worker that hangs."""
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
        """The codes that `enuf doctor` finds in these files."""
        done = self.type(f"enuf doctor --json {shlex.join(names or ('.',))}")
        return {finding["code"] for finding in json.loads(done.out)["findings"]}

    def says(self, name: str, words: str) -> None:
        """Wait until a file holds these words."""
        until(lambda: words in self.text(name), what=f"{words!r} in {name}:\n{self.text(name)}")

    # -- the end

    def processes(self) -> list[psutil.Process]:
        """Everything alive that was started here: by the mark in its environment, or (nginx writes its title over that)
        by its folder."""
        found = []
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error, OSError):
                ours = process.environ().get(MARK) == self.mark or process.cwd() == str(self.project)
                if ours and process.status() != psutil.STATUS_ZOMBIE:
                    found.append(process)
        return found

    def end_all(self) -> list[psutil.Process]:
        """End every process that is left; which they were."""
        left = self.processes()
        for process in left:
            with contextlib.suppress(psutil.Error):
                process.kill()
        until(lambda: not self.processes(), what="the end of what was killed")
        return left


def _interrupt(process: subprocess.Popen[bytes], stop: signal.Signals) -> None:
    """End it as a person does, who asks again when nothing happens: a worker of uWSGI that has just been forked
    misses the first signal, and its master waits for it. What still does not end is killed."""
    for _ in range(_PATIENCE):
        if process.poll() is None:
            process.send_signal(stop)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(3)
            return
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def stats(address: tuple[str, int] | str) -> Any:
    """uWSGI's statistics, read as bare JSON: it speaks as soon as somebody connects."""
    family = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
    received = b""
    with socket.socket(family) as connection:
        connection.settimeout(10)
        connection.connect(address)
        while chunk := connection.recv(65536):
            received += chunk
    return json.loads(received)


def has_answer(connection: http.client.HTTPConnection) -> bool:
    """True once something has come back."""
    return bool(select.select([connection.sock], [], [], 0)[0])


def listening(port: int) -> bool:
    """True while something accepts connections on this port of loopback."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def is_alive(pid: int) -> bool:
    """True for a process that is there and no zombie."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def sole(values: Any) -> Any:
    """The only one."""
    (value,) = values
    return value


def executable(path: Path, text: str) -> Path:
    """A program with this text."""
    path.write_text(text)
    path.chmod(0o755)
    return path
