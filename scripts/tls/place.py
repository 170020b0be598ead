"""The stacks that are measured, the programs that measure, and the lines that are printed."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import psutil
from tests.support.stack import Stack, stack_in

PACKAGES = {"testssl": "testssl.sh", "h2load": "nghttp2-client", "caddy": "caddy", "nginx": "nginx-core"}
FILE = "x" * 1000
APP = f"""
from flask import Flask

app = Flask(__name__)

@app.route("/", methods=["GET", "POST"])
def index():
    return "{FILE}"
"""
"""An app and a static file of a thousand bytes each: what is measured is TLS and HTTP, not a page."""
Row = tuple[str, bool]
"""A printed line, and whether it is as it must be."""


class NotInstalled(Exception):
    """A program that this machine does not have."""


def program(name: str) -> str:
    """Return the path of a program. Raise NotInstalled with its Debian package."""
    found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if not found:
        raise NotInstalled(f"{name} is not installed (Debian: apt-get install {PACKAGES.get(name, name)})")
    return found


@contextlib.contextmanager
def site(*words: str, **files: str) -> Iterator[Stack]:
    """Yield a project with a home of its own, and so an authority of its own; served with these words, if there are any."""
    with tempfile.TemporaryDirectory(prefix="enuf-tls-") as folder:
        home = Path(folder, "home")
        home.mkdir(mode=0o700)
        env = {
            "HOME": str(home),
            "XDG_DATA_HOME": "",
            **({"ENUF_SERVE_USER": "root"} if os.geteuid() == 0 else {}),
        }
        with stack_in(Path(folder, "shop"), env=env) as stack:
            stack.write("app.py", files.pop("app", APP))
            stack.write("static/page.txt", FILE)
            if words:
                stack.up(*words)
            yield stack


def authority(stack: Stack) -> str:
    """Return the path of the authority's certificate."""
    return str(stack.run("cert", "status", "--json").json["ca"])


def pair(stack: Stack) -> tuple[Path, Path]:
    """Return the files of the certificate and the key that the stack serves."""
    certificate = Path(stack.run("cert", "status", "--json").json["certificates"][0]["path"])
    return certificate, certificate.with_suffix(".key")


def wait_for(port: int) -> None:
    """Wait until something listens at the port. Raise TimeoutError after a minute."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=5):
            return
        time.sleep(0.02)
    raise TimeoutError(f"nothing listens at port {port}")


def family(pids: Sequence[int]) -> list[psutil.Process]:
    """Return these processes and all below them."""
    parents = [psutil.Process(pid) for pid in pids]
    return [*parents, *(child for parent in parents for child in parent.children(recursive=True))]


def cpu_s(processes: Sequence[psutil.Process]) -> float:
    """Return the seconds of CPU that the processes have taken."""
    return sum(sum(process.cpu_times()[:2]) for process in processes)


def spread(values: Sequence[float], form: str = "{:.2f}") -> str:
    """Return the median, and the least and the most beside it."""
    shown = [form.format(each) for each in (statistics.median(values), min(values), max(values))]
    return f"{shown[0]} ({shown[1]} to {shown[2]})"
