"""An app may change what a signal does: a worker that dies is replaced, and a visitor who goes away ends none."""

from __future__ import annotations

import socket
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.stack import stack_in, until
from tests.support.wire import head

pytestmark = pytest.mark.native

APP = """
import os, pathlib, signal, subprocess, time
from flask import Flask, Response
app = Flask(__name__)
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
signal.signal(signal.SIGPIPE, signal.SIG_DFL)
LEFT = pathlib.Path(__file__).with_name("left")

@app.get("/")
def index():
    return f"{os.getpid()} {subprocess.run(['false']).returncode}"

@app.get("/die")
def die():
    os.kill(os.getpid(), signal.SIGKILL)

@app.get("/parts")
def parts():
    def made():
        try:
            while True:
                yield b"x" * 65536
                time.sleep(0.01)
        finally:
            LEFT.touch()
    return Response(made(), headers={"X-Accel-Buffering": "no"})
"""


@pytest.mark.parametrize("topology", ["nginx-uwsgi", "nginx-gunicorn"])
def test_what_the_app_does_to_signals_harms_no_worker(tmp_path: Path, topology: str) -> None:
    with stack_in(tmp_path / "shop", env={"ENUF_SERVE_USER": "root"}) as stack:
        stack.write("app.py", APP)
        stack.write("enuf.toml", "[serve]\nprocesses = 1\n")
        stack.up("--topology", topology)
        pid, status = stack.get("/").text.split()
        assert status == "1"
        with closing(socket.create_connection(("127.0.0.1", stack.port))) as visitor:
            visitor.sendall(head(path="/parts"))
            assert visitor.recv(1000)
        assert until((stack.project / "left").exists, what="the answer is given up")
        assert stack.get("/").text.split()[0] == pid
        assert stack.get("/die").status == 502
        assert until(lambda: stack.get("/").status == 200, what="another worker")
        assert stack.get("/").text.split()[0] != pid
        assert stack.run("reload").code == 0
