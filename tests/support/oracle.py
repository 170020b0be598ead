"""gunicorn alone, without enuf: what a conforming server answers for the cases of `wsgi_corpus`."""

from __future__ import annotations

import contextlib
import http.client
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec

from tests.support import wsgi_corpus

BODIES = {
    "lines": b"a\nbc\nd",
    "next-line": b"one\ntwo\nthree",
    "mixed-reading": b"first line\nsecond\nthird\nlast",
    "validated": b"abc",
}
"""What is sent to a case; the others get a GET."""


class Seen(msgspec.Struct, frozen=True):
    """What a client sees of an answer."""

    status: int
    reason: str = ""
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    """Those that the case has set."""
    cut: bool = False


def seen(port: int, name: str) -> Seen:
    """Ask a server for a case."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    with contextlib.closing(connection):
        body = BODIES.get(name)
        connection.request("POST" if body else "GET", f"{wsgi_corpus.PREFIX}{name}", body)
        answer = connection.getresponse()
        cut = False
        try:
            received = answer.read()
        except (http.client.IncompleteRead, ConnectionResetError) as error:
            received, cut = getattr(error, "partial", b""), True
    ours = ("x-a", "x-b", "x-name", "x-length", "x-injected", "content-type")
    headers = sorted((key.lower(), value) for key, value in answer.getheaders() if key.lower() in ours)
    if answer.status >= 500 and not any(key == "x-b" for key, _ in headers) and answer.reason != "Later":
        return Seen(answer.status)  # an answer of the server's own
    return Seen(answer.status, answer.reason, received, tuple(headers), cut)


@contextlib.contextmanager
def oracle(folder: Path) -> Iterator[int]:
    """Serve the cases. Yield the port."""
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(wsgi_corpus.__file__, folder)
    (folder / "app.py").write_text("from wsgi_corpus import corpus\napp = corpus(None)\n")
    with socket.create_server(("127.0.0.1", 0)) as listening, (folder / "log").open("wb") as log:
        listening.set_inheritable(True)
        process = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", "--bind", f"fd://{listening.fileno()}", "--threads", "2", "app:app"],
            cwd=folder, stdout=log, stderr=log, pass_fds=[listening.fileno()],
        )  # fmt: skip
        try:
            yield listening.getsockname()[1]
        finally:
            process.terminate()
            process.wait(60)
