"""Serve an application by `enuf up` and by gunicorn, on one port, one after the other; nothing is left running."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator

import msgspec

from scripts.apps.catalog import Application
from scripts.apps.install import environment, filled
from scripts.apps.places import Place

STOP_WITHIN_S = 30


class NotServed(Exception):
    """A server did not start: its exit status and what it wrote."""

    def __init__(self, code: int | None, text: str) -> None:
        super().__init__(f"exit {code}: {text}")
        self.code = code
        self.text = text


class Started(msgspec.Struct, frozen=True):
    """What `enuf up` said when it served."""

    app: str
    warnings: list[str]


def words_for_enuf(application: Application, place: Place, port: int) -> list[str]:
    """Return the words of the command that serves the application."""
    return [
        "up", *(filled(word, place) for word in application.enuf), "--detach", "--listen", f"127.0.0.1:{port}",
        "--processes", str(application.processes), "--threads", str(application.threads),
        "--set", "dashboard.listen=off",
    ]  # fmt: skip


@contextlib.contextmanager
def enuf(application: Application, place: Place, port: int) -> Iterator[Started]:
    """Serve by `enuf up`, from the project's folder; raise NotServed if it refuses."""
    env = environment(application, place)
    # a user starts enuf with an own home; the servers' home is for enuf to find
    env["HOME"] = os.environ["HOME"]
    env["VIRTUAL_ENV"] = str(place.environment)  # as after `source bin/activate`
    for name in application.env:
        env.pop(name, None)  # .env has it, and enuf must find it there
    try:
        done = subprocess.run(
            [place.enuf, *words_for_enuf(application, place, port)], cwd=place.project, env=env,
            capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False,
            timeout=application.start_within_s * 3,
        )  # fmt: skip
        if done.returncode:
            raise NotServed(done.returncode, done.stderr.strip())
        yield Started("", [line for line in done.stderr.splitlines() if line.startswith("warning:")])
    finally:
        subprocess.run(
            [place.enuf, "down"], cwd=place.project, env=env, capture_output=True, check=False,
            stdin=subprocess.DEVNULL, timeout=STOP_WITHIN_S * 2,
        )  # fmt: skip


@contextlib.contextmanager
def gunicorn(application: Application, place: Place, port: int) -> Iterator[None]:
    """Serve by gunicorn alone, with as many processes and threads, as the same user."""
    log = place.folder / "gunicorn.log"
    with log.open("w") as output:
        server = subprocess.Popen(
            [place.program("python"), "-m", "gunicorn", "--bind", f"127.0.0.1:{port}",
             "--workers", str(application.processes), "--threads", str(application.threads),
             "--worker-class", "gthread", "--timeout", "120", filled(application.gunicorn, place)],
            cwd=place.project, env=environment(application, place), stdout=output, stderr=output,
            stdin=subprocess.DEVNULL, start_new_session=True, user=place.user or None,
            group=place.user or None, extra_groups=[] if place.user else None,
        )  # fmt: skip
    try:
        _wait(server, port, application.start_within_s)
        yield
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


def _stop(server: subprocess.Popen[bytes]) -> None:
    """End gunicorn and its workers."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(server.pid, signal.SIGTERM)
    try:
        server.wait(STOP_WITHIN_S)
    except subprocess.TimeoutExpired:
        pass
    with contextlib.suppress(ProcessLookupError):
        os.killpg(server.pid, signal.SIGKILL)
    server.wait()
