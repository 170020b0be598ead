"""What an app takes for its own under gunicorn: its command line, its name, and the connection of a WebSocket."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.stack import Stack, stack_in

pytestmark = pytest.mark.native

APP = """
import argparse, time
from flask import Flask, request

parser = argparse.ArgumentParser()
parser.add_argument("--model", default="small")
args = parser.parse_args()

def create_app(name):
    app = Flask(__name__)
    inner = app.wsgi_app

    @app.get("/")
    def index():
        return f"{args.model} {name} {argparse.ArgumentParser().parse_known_args()[0]}"

    @app.get("/where")
    def where():
        return request.url

    @app.get("/hang")
    def hang():
        while True:
            time.sleep(0.02)

    def with_socket(environ, start_response):
        if environ["PATH_INFO"] != "/socket":
            return inner(environ, start_response)
        with environ["gunicorn.socket"] as connection:  # as flask_sock does
            connection.sendall(b"HTTP/1.1 101 Switching Protocols\\r\\nUpgrade: websocket\\r\\nConnection: Upgrade\\r\\n\\r\\n")
            while received := connection.recv(100):
                connection.sendall(b"echo " + received)
        raise StopIteration

    app.wsgi_app = with_socket
    return app
"""
SETTINGS = '[serve]\ntimeout = "1s"\nprocesses = 1\nthreads = 4\n'
UPGRADE = b"GET /socket HTTP/1.1\r\nHost: shop.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"


@pytest.fixture(scope="module", params=["gunicorn", "nginx-gunicorn", "nginx-gunicorn-uwsgi"])
def shop(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A factory in a module that reads its command line when it is imported."""
    with stack_in(tmp_path_factory.mktemp("words") / "shop", env={"ENUF_SERVE_USER": "root"}) as stack:
        stack.write("app.py", APP)
        stack.write("enuf.toml", SETTINGS)
        stack.up("app:create_app('named')", "--topology", request.param)
        yield stack


def test_an_app_that_reads_its_command_line_does_not_find_the_servers(shop: Stack) -> None:
    assert shop.get("/").text == "small named Namespace()"


def test_the_app_has_a_name_for_a_visitor_who_names_none(shop: Stack) -> None:
    received = shop.raw(b"GET /where HTTP/1.0\r\n\r\n")
    own = "localhost" if shop.status()["topology"].startswith("nginx") else f"127.0.0.1:{shop.port}"
    assert received.endswith(f"http://{own}/where".encode()), received


def test_a_websocket_outlives_the_time_limit_and_ends_without_an_error(shop: Stack) -> None:
    with closing(socket.create_connection(("127.0.0.1", shop.port), timeout=60)) as visitor:
        visitor.sendall(UPGRADE)
        assert visitor.recv(1000).startswith(b"HTTP/1.1 101 ")
        # Each of these takes the whole limit, so that limit and grace are over for the WebSocket too.
        assert [shop.get("/hang").status for _ in range(4)] == [504] * 4
        visitor.sendall(b"still here")
        assert visitor.recv(1000) == b"echo still here"
        visitor.shutdown(socket.SHUT_WR)
        assert visitor.recv(1000) == b""
    assert shop.get("/").status == 200
    log = shop.log("server.log")
    assert "/socket" not in log and "StopIteration" not in log, log


def test_a_server_that_cannot_hide_its_command_line_says_so(tmp_path: Path) -> None:
    with stack_in(tmp_path / "shop", env={"ENUF_SERVE_USER": "root"}) as stack:
        stack.write("app.py", APP.replace("def create_app(name):", "def create_app(name='x'):"))
        done = stack.run("up", "-d", "--listen", "127.0.0.1:0", "--topology", "flask")
        assert done.code == 7
        assert "hint: the app reads sys.argv, which holds the server's own words here" in done.err, done
