"""A stack under test: the real command line, real servers, and a check that no process, socket or port is left."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import psutil

from enuf.cli.terminal.output import SCHEMA
from enuf.cli.terminal.status_view import read_status
from enuf.control.client import locate_stack
from enuf.control.recovery import other_owner
from enuf.control.stop import stop_stack
from enuf.errors import EnufError
from enuf.model.paths import StackPaths
from enuf.system.process import start_mark

MARK = "STACK_UNDER_TEST"
ENUF = (sys.executable, "-m", "enuf")

APP = """
import os, sys, time
from flask import Flask, request
app = Flask(__name__)
VERSION = "1"

@app.after_request
def stamp(response):
    response.headers["X-Version"] = VERSION
    return response

@app.get("/")
def index():
    return f"version {VERSION}\\n"

@app.route("/echo", methods=["GET", "POST", "PUT"])
def echo():
    body = request.get_data()
    shown = {name: value for name, value in request.environ.items() if isinstance(value, str)}
    return {"length": len(body), "body": body[:200].decode("latin-1"), "environ": shown, "url": request.url}

@app.get("/slow")
def slow():
    time.sleep(float(request.args.get("seconds", "1")))
    return f"version {VERSION}\\n"

@app.get("/held/<name>")
def held(name):
    while not os.path.exists(os.path.join(app.root_path, f"let-go-{name}")):
        time.sleep(0.02)
    time.sleep(float(request.args.get("then", "0")))
    return f"version {VERSION}\\n"

@app.get("/pid")
def pid():
    return str(os.getpid())
"""
"""An app with a request of every kind: `/held/NAME` is answered once the test calls `let_go("NAME")`, `/held/NAME?then=1` a second later."""
EVENTS = """
@app.get("/events")
def events():
    def parts():
        yield "data: one\\n\\n"
        while not os.path.exists(os.path.join(app.root_path, "let-go-events")):
            time.sleep(0.02)
        yield "data: two\\n\\n"
    return app.response_class(parts(), mimetype="text/event-stream")
"""
"""More of that app: a stream whose second part is sent once the test calls `let_go("events")`."""


class Finished:
    """The output and exit status of a command."""

    def __init__(self, done: subprocess.CompletedProcess[str]) -> None:
        self.code = done.returncode
        self.out = done.stdout
        self.err = done.stderr

    @property
    def json(self) -> Any:
        """The JSON document on stdout."""
        return json.loads(self.out)

    def __repr__(self) -> str:
        return f"exit {self.code}\nstdout: {self.out}\nstderr: {self.err}"


class Stack:
    """A project folder and the commands run in it; `close` checks that no process, socket or port is left."""

    def __init__(
        self, project: Path, *, enuf: tuple[str, ...] = ENUF, env: dict[str, str] | None = None
    ) -> None:
        self.project = project
        self.enuf = enuf
        self.mark = uuid.uuid4().hex
        # A Python process more for each stack: the tests of the dashboard ask for it.
        self.env = {**os.environ, MARK: self.mark, "ENUF_DASHBOARD_LISTEN": "off", **(env or {})}
        self.env.pop("XDG_RUNTIME_DIR", None)
        self._foreground: list[subprocess.Popen[str]] = []
        self.port = 0

    # -- commands

    def run(self, *words: str, timeout: float = 60, umask: int = -1, **options: Any) -> Finished:
        """Run `enuf` with these words and wait for its end."""
        # Modules that were compiled with an open umask are code that others can change: root runs none of them.
        compiles = {} if umask == -1 else {"PYTHONDONTWRITEBYTECODE": "1"}
        done = subprocess.run(
            [*self.enuf, *words],
            cwd=self.project,
            env=self.env | compiles,
            umask=umask,
            capture_output=True,
            text=True,
            timeout=timeout,
            stdin=subprocess.DEVNULL,
            check=False,
            **options,
        )
        return Finished(done)

    def up(self, *words: str, detach: bool = True) -> Finished:
        """Run `enuf up -d` on a free port and assert that the stack serves."""
        listen = () if any("listen" in word for word in words) else ("--listen", "127.0.0.1:0")
        done = self.run("up", *(("-d",) if detach else ()), *listen, "--json", *words)
        assert done.code == 0, done
        self.url = done.json["url"]
        self.port = int(self.url.rsplit(":", 1)[1].split("/")[0]) if ":" in self.url[8:] else 80
        return done

    def start(self, *words: str, **options: Any) -> subprocess.Popen[str]:
        """Start `enuf` with these words and return at once; `close` ends the process."""
        process = subprocess.Popen(
            [*self.enuf, *words],
            cwd=self.project,
            env=self.env,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            stdin=subprocess.DEVNULL,
            **options,
        )
        self._foreground.append(process)
        return process

    def status(self) -> Any:
        """Return the document of `enuf status --json`, without a process for the command where the tests' user may ask."""
        with contextlib.suppress(EnufError):
            if paths := self._own_paths("status"):
                document = {"schema": SCHEMA, **msgspec.to_builtins(read_status(paths))}
                return json.loads(msgspec.json.encode(document))
        return self.run("status", "--json").json

    def stop(self) -> None:
        """Do what `enuf down --now` does, without a process for the command where the tests' user may ask."""
        with contextlib.suppress(EnufError, OSError):
            if paths := self._own_paths("down"):
                stop_stack(paths, at_once=True, note=lambda _: None)
                return
        self.run("down", "--now")

    def _own_paths(self, verb: str) -> StackPaths | None:
        """Return the paths of the stack, or None where the command would find others, or become another user."""
        is_plain = self.project == self.project.resolve() and self.enuf == ENUF
        if not is_plain or "XDG_RUNTIME_DIR" in {*os.environ, *self.env}:
            return None
        paths = locate_stack(self.project, verb)
        return paths if other_owner(paths) is None else None

    # -- requests

    def request(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None, **options: Any
    ) -> Response:
        """Send a request on a new connection and return the response."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=options.pop("timeout", 60))
        with contextlib.closing(connection):
            connection.request(method, path, body, headers or {}, **options)
            found = connection.getresponse()
            return Response(found.status, dict(found.getheaders()), found.read())

    def get(self, path: str = "/", **headers: str) -> Response:
        """Send a GET and return the response; header names are written with underscores."""
        return self.request(
            "GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()}
        )

    def let_go(self, name: str) -> None:
        """Let the app answer the requests for `/held/NAME`, now and from now on."""
        self.write(f"let-go-{name}", "")

    def raw(self, data: bytes, *, timeout: float = 5) -> bytes:
        """Send these bytes and return all that is received until the connection is closed or silent."""
        received = b""
        with socket.create_connection(("127.0.0.1", self.port), timeout=timeout) as connection:
            connection.sendall(data)
            with contextlib.suppress(TimeoutError, ConnectionResetError):
                while chunk := connection.recv(65536):
                    received += chunk
        return received

    # -- files

    def write(self, name: str, text: str) -> Path:
        """Write a file of the project."""
        path = self.project / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def log(self, name: str) -> str:
        """Return the text of a log of the stack."""
        return (self.project / ".enuf" / "log" / name).read_text(errors="replace")

    def until_logged(self, text: str, name: str = "access.log") -> None:
        """Wait until the log has this text: nginx writes a request's line after the last byte of the response."""
        until(lambda: text in self.log(name), what=f"{text!r} in {name}")

    # -- the end

    def processes(self) -> list[psutil.Process]:
        """Return the live processes that this stack started.

        A process is known by a mark in its environment, or by its folder: nginx overwrites its environment with its title.
        """
        runtime = self.project / ".enuf" / "run"
        folders = {str(self.project), str(runtime.readlink()) if runtime.is_symlink() else ""} - {""}
        found = []
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error, OSError):
                ours = process.environ().get(MARK) == self.mark or process.cwd() in folders
                if ours and process.status() != psutil.STATUS_ZOMBIE:
                    found.append(process)
        return found

    def close(self) -> None:
        """Stop the stack and assert that no process, socket or port is left."""
        runtime = self.project / ".enuf" / "run"
        folder = runtime.readlink() if runtime.is_symlink() else None
        if self._foreground or os.path.lexists(self.project / ".enuf") or self.processes():
            self.stop()  # else nothing was ever started here
        for process in self._foreground:
            try:
                process.communicate(timeout=60)
            except subprocess.TimeoutExpired:
                process.kill()
                process.communicate()
        left = self.processes()
        for one in left:
            with contextlib.suppress(psutil.Error):
                one.kill()
        assert not left, f"left behind: {left}"
        if folder and folder.is_dir():
            sockets = [path.name for path in folder.iterdir() if path.is_socket() or path.is_fifo()]
            assert not sockets, f"sockets left behind: {sockets}"
            shutil.rmtree(folder, ignore_errors=True)
        if self.port:
            with socket.socket() as probe:
                assert probe.connect_ex(("127.0.0.1", self.port)) != 0, (
                    f"something still listens on port {self.port}"
                )


class Response:
    """The response to a request."""

    def __init__(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.status = status
        self.headers = headers
        self.body = body

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode()

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)

    def __repr__(self) -> str:
        return f"{self.status} {self.headers} {self.body[:300]!r}"


def until(condition: Callable[[], Any], *, timeout: float = 60, what: str = "") -> Any:
    """Poll the condition and return its first true value; fail when there is none in time."""
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        value = condition()
        if value:
            return value
        time.sleep(0.02)
    raise AssertionError(f"never came: {what or condition}")


def has_ended(pid: int) -> bool:
    """Return True for a process that is gone or a zombie: an orphan is reaped whenever the system's init likes."""
    return start_mark(pid) is None


@contextlib.contextmanager
def stopped_at_the_end(stack: Stack) -> Iterator[None]:
    """Stop the stack at the end of the block, while the test's mounts still exist."""
    try:
        yield
    finally:
        stack.stop()


@contextlib.contextmanager
def stack_in(project: Path, **options: Any) -> Iterator[Stack]:
    """Yield a stack of this project, and close it at the end."""
    project.mkdir(parents=True, exist_ok=True)
    stack = Stack(project, **options)
    try:
        yield stack
    finally:
        stack.close()
