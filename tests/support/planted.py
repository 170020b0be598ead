"""A forged supervisor: a lock, a link and a control socket that answers what a test wants."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from enuf.system import files

Talk = Callable[[socket.socket], None]


@contextlib.contextmanager
def answering(path: Path, talk: Talk) -> Iterator[None]:
    """Listen at a unix socket during the block: every connection is passed to `talk` and then closed."""
    with contextlib.closing(socket.socket(socket.AF_UNIX)) as listener:
        listener.bind(str(path))
        listener.listen(16)
        thread = threading.Thread(target=_serve, args=(listener, talk))
        thread.start()
        try:
            yield
        finally:
            listener.shutdown(socket.SHUT_RDWR)  # wakes the thread up
            thread.join(10)
            path.unlink(missing_ok=True)


def _serve(listener: socket.socket, talk: Talk) -> None:
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        with connection, contextlib.suppress(OSError):
            connection.settimeout(10)
            connection.recv(65536)
            talk(connection)


@contextlib.contextmanager
def planted(project: Path, talk: Talk) -> Iterator[None]:
    """Yield a project that seems to be served by a supervisor with these answers."""
    digest = hashlib.sha256(os.fsencode(project)).hexdigest()[:8]
    runtime = Path(f"/tmp/enuf-{os.geteuid()}/{project.name}-{digest}")
    runtime.mkdir(mode=0o700, parents=True)
    (project / ".enuf").mkdir()
    (project / ".enuf/run").symlink_to(runtime)
    found = project.stat()
    (runtime / "claim").write_text(
        json.dumps({"project": f"{found.st_dev}:{found.st_ino}", "in_project": True})
    )
    held = files.lock_folder(runtime)
    assert held is not None
    try:
        with answering(runtime / "control.sock", talk):
            yield
    finally:
        os.close(held)
        files.remove(runtime)
