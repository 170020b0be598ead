"""A visitor who reads nothing for longer than uWSGI waits by itself gets the whole answer, past nginx's own buffers too."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import ExitStack, closing

import pytest

from tests.support.stack import Stack, stack_in
from tests.support.wire import head

pytestmark = pytest.mark.native

SIZE = 48 << 20
LONGER_THAN_UWSGI_WAITS = 5
"""In seconds: uWSGI's own limit for one write is 4."""
APP = f"""
import time
from flask import Flask, Response, request, send_file
app = Flask(__name__)

@app.get("/")
def index():
    return request.host

@app.get("/file")
def file():
    return send_file("large", mimetype="application/octet-stream")

@app.get("/parts")
def parts():
    made = (b"x" * 65536 for _ in range({SIZE} // 65536))
    return Response(made, headers={{"Content-Length": "{SIZE}", "X-Accel-Buffering": "no"}})

@app.get("/hang")
def hang():
    while True:
        time.sleep(0.02)
"""
CHECKS = """
@app.before_request
def check():
    if request.host != "shop.example.com":
        return "", 400
"""
SETTINGS = f"""
[serve]
timeout = "{LONGER_THAN_UWSGI_WAITS}s"
processes = 1
threads = 4
[reload]
health = "/"
[raw]
nginx_server = "uwsgi_max_temp_file_size 1m;"
"""
"""nginx keeps 1 GB of an answer in a file by default: with 1 MB, less than a gigabyte shows what comes after that."""


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """An app with answers that are larger than what nginx takes from it in advance."""
    with stack_in(tmp_path_factory.mktemp("slow") / "shop", env={"ENUF_SERVE_USER": "root"}) as stack:
        stack.write("app.py", APP)
        stack.write("enuf.toml", SETTINGS)
        with (stack.project / "large").open("wb") as large:
            large.truncate(SIZE)
        stack.up()
        yield stack


def test_a_reader_that_pauses_gets_all_of_a_file_and_of_a_stream(shop: Stack) -> None:
    with ExitStack() as open_connections:
        readers = [open_connections.enter_context(asking(shop.port, path)) for path in ("/file", "/parts")]
        assert all(reader.recv(1000) for reader in readers)
        assert shop.get("/hang").status == 504  # which takes that long
        assert all(received(reader) > SIZE - 1000 for reader in readers)
    assert "TIMEOUT" not in shop.log("server.log")


def received(reader: socket.socket) -> int:
    """Return how many bytes still come until the end of the connection."""
    count = 0
    while part := reader.recv(1 << 20):
        count += len(part)
    return count


def asking(port: int, path: str) -> closing[socket.socket]:
    """Return a connection with a small buffer on which this path was asked for."""
    reader = socket.socket()
    reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
    reader.settimeout(60)
    reader.connect(("127.0.0.1", port))
    reader.sendall(head(path=path))
    return closing(reader)


def test_a_reload_that_fails_at_the_host_of_its_request_names_the_host_and_the_setting(shop: Stack) -> None:
    shop.write("app.py", APP + CHECKS)
    done = shop.run("reload")
    assert done.code == 7
    assert f"GET / answered 400 to a visitor of the host 127.0.0.1:{shop.port}" in done.err, done
    assert "name one of its hosts in serve.hosts" in done.err
    shop.write("enuf.toml", SETTINGS.replace("[serve]", '[serve]\nhosts = ["shop.example.com"]'))
    assert shop.run("reload").code == 0
    assert shop.get("/", Host="shop.example.com").text == "shop.example.com"
