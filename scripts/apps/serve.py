"""Serve an application by `enuf up` and by gunicorn, on one port, one after the other; nothing is left running."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from scripts.apps.catalog import Application
from scripts.apps.install import environment, filled
from scripts.apps.places import Place

STOP_WITHIN_S = 30
OTHER_ORDER = {"PYTHONHASHSEED": "1", "PYTHONMALLOC": "malloc"}
"""Variables that change the order of sets, also of those whose objects are hashed by their addresses."""


class NotServed(Exception):
    """A server did not start: its exit status and what it wrote."""

    def __init__(self, code: int | None, text: str) -> None:
        super().__init__(f"exit {code}: {text}")
        self.code = code
        self.text = text


def words_for_enuf(application: Application, place: Place, port: int) -> list[str]:
    """Return the words of the command that serves the application."""
    return [
        "up", *(filled(word, place) for word in application.enuf), "--listen", f"127.0.0.1:{port}",
        "--processes", str(application.processes), "--threads", str(application.threads),
        "--set", "dashboard.listen=off", "--set", f"reload.wait={application.start_within_s:g}s",
    ]  # fmt: skip


@contextlib.contextmanager
def enuf(application: Application, place: Place, port: int) -> Iterator[list[str]]:
    """Serve by `enuf up`, from the project's folder, and return its warnings; raise NotServed if it refuses."""
    env = environment(application, place)
    # a user starts enuf with an own home; the servers' home is for enuf to find
    env["HOME"] = os.environ["HOME"]
    env["VIRTUAL_ENV"] = str(place.environment)  # as after `source bin/activate`
    for name in application.env:
        env.pop(name, None)  # .env has it, and enuf must find it there
    messages = place.folder / "enuf.log"
    with messages.open("w") as output:
        stack = subprocess.Popen(
            [place.enuf, *words_for_enuf(application, place, port)], cwd=place.project, env=env, text=True,
            stdout=subprocess.PIPE, stderr=output, stdin=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
    try:
        assert stack.stdout is not None
        # the first line comes when the stack serves; without one it has refused
        if not stack.stdout.readline():
            raise NotServed(stack.wait(STOP_WITHIN_S), _said(messages, place))
        yield [line for line in _said(messages, place).splitlines() if line.startswith("warning:")]
        if stack.poll() is not None:
            raise NotServed(stack.returncode, _said(messages, place))
    finally:
        _stop(stack)


def _said(messages: Path, place: Place) -> str:
    """Return what enuf wrote, without the folder of this checkout."""
    return messages.read_text(errors="replace").strip().replace(f"{place.folder}/", "")


@contextlib.contextmanager
def gunicorn(
    application: Application, place: Place, port: int, more: Mapping[str, str] | None = None
) -> Iterator[list[str]]:
    """Serve by gunicorn alone, with as many processes and threads, as the user of enuf's servers.

    The app gets the variables `more`, too. There are no warnings.
    """
    log = place.folder / "gunicorn.log"
    with log.open("w") as output:
        server = subprocess.Popen(
            [place.program("python"), "-m", "gunicorn", "--bind", f"127.0.0.1:{port}",
             "--workers", str(application.processes), "--threads", str(application.threads),
             "--worker-class", application.worker, "--timeout", "120", filled(application.gunicorn, place)],
            cwd=place.project, env={**environment(application, place), **(more or {})}, stdout=output, stderr=output,
            stdin=subprocess.DEVNULL, start_new_session=True, user=place.user or None,
            group=place.user or None, extra_groups=[] if place.user else None,
        )  # fmt: skip
    try:
        _wait(server, port, application.start_within_s)
        yield []
        if server.poll() is not None:  # a worker failed after another had answered
            raise NotServed(server.returncode, "")
    except NotServed as failure:
        raise NotServed(failure.code, log.read_text(errors="replace")[-2000:]) from None
    finally:
        _stop(server)


def _wait(server: subprocess.Popen[bytes], port: int, within_s: float) -> None:
    """Wait until a worker answers. Raise NotServed when gunicorn exits or takes too long."""
    until = time.monotonic() + within_s
    while time.monotonic() < until:
        if server.poll() is not None:
            raise NotServed(server.returncode, "")
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1) as asking:
            asking.settimeout(within_s)
            asking.sendall(b"GET / HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n")
            if asking.recv(1):
                return
        time.sleep(0.1)
    raise NotServed(None, "")


def _stop(server: subprocess.Popen[bytes] | subprocess.Popen[str]) -> None:
    """End a server that leads a session of its own, and wait until it has ended its workers."""
    server.terminate()
    with contextlib.suppress(subprocess.TimeoutExpired):
        server.wait(STOP_WITHIN_S)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(server.pid, signal.SIGKILL)
    server.wait()
    if server.stdout is not None:
        server.stdout.close()
