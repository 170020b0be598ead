"""WebSockets through nginx: a real client, an app with flask-sock, and both wires to gunicorn."""

from __future__ import annotations

import contextlib
import http.client
import socket
import ssl
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from websocket import ABNF, WebSocket, WebSocketConnectionClosedException, create_connection

from tests.support.certificates import issue
from tests.support.stack import Stack, has_ended, stack_in, until

pytestmark = pytest.mark.native

ROOT = issue(authority=True, called="Tests")
APP = """
import os, time
from flask import Flask
from flask_sock import Sock
from flask_socketio import SocketIO, emit

app = Flask(__name__)
sock = Sock(app)
socketio = SocketIO(app, async_mode="threading")

@socketio.on("ask")
def answer(data):
    emit("answer", data)

@app.get("/")
def index():
    return "index"

@app.get("/held")
def held():
    while not os.path.exists(os.path.join(app.root_path, "let-go-held")):
        time.sleep(0.02)
    return "held"

@app.route("/hang", websocket=True)
def hang():
    while True:
        time.sleep(0.02)

@sock.route("/echo")
def echo(ws):
    while True:
        ws.send(ws.receive())

@sock.route("/fail")
def fail(ws):
    raise ValueError("the app's own mistake")

@sock.route("/enough")
def enough(ws):
    ws.close(4001, "enough")
"""
CLOSED = '[access.passwords]\n"/closed" = ".htpasswd"\n'
SIZE = "processes = 1\nthreads = 60\n"
HANDSHAKE = (
    "GET {path} HTTP/1.1\r\nHost: shop.test\r\nConnection: keep-alive, Upgrade\r\nUpgrade: {protocol}\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
)
AT_ONCE = 50
GOING_AWAY, INTERNAL_ERROR, OWN = 1001, 1011, 4001


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A site over HTTPS with a name and a prefix; its requests may take 5 s."""
    folder = tmp_path_factory.mktemp("sockets")
    certificate, key = issue("shop.test", by=ROOT).write(folder)
    with stack_in(folder / "shop") as stack:
        stack.write("app.py", APP)
        stack.write(".htpasswd", f"alice:$6$saltsalt${'A' * 86}\n").chmod(0o600)
        serve = f'[serve]\n{SIZE}hosts = ["shop.test"]\nprefix = "/shop"\ntimeout = "5s"\n'
        stack.write(
            "enuf.toml",
            f'{serve}[tls]\ncertificate = "{certificate}"\nkey = "{key}"\n[limits.paths]\n"/limited" = "1/m"\n{CLOSED}',
        )
        done = stack.up("--topology", "nginx-gunicorn")
        assert "WebSocket" not in done.err
        yield stack


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A site without any of that, over the uwsgi wire; its WebSockets may be silent for 3 s."""
    with stack_in(tmp_path_factory.mktemp("sockets") / "shop") as stack:
        stack.write("app.py", APP)
        stack.write("enuf.toml", f'[serve]\n{SIZE}websocket_timeout = "3s"\n')
        stack.up("--topology", "nginx-gunicorn-uwsgi")
        yield stack


def connection(stack: Stack) -> socket.socket:
    """A connection to the site over HTTPS, whose certificate was checked."""
    context = ssl.create_default_context(cadata=ROOT.root.decode())
    tcp = socket.create_connection(("127.0.0.1", stack.port), timeout=60)
    return context.wrap_socket(tcp, server_hostname="shop.test")


@contextlib.contextmanager
def visitors(stack: Stack, path: str, count: int = 1) -> Iterator[list[WebSocket]]:
    """Open so many WebSockets of the site over HTTPS, at once."""
    url = f"wss://shop.test:{stack.port}/shop{path}"
    with ThreadPoolExecutor(count) as pool:
        found = list(pool.map(lambda _: create_connection(url, socket=connection(stack)), range(count)))
    try:
        yield found
    finally:
        for each in found:
            each.shutdown()  # type: ignore[no-untyped-call]


def answer_to(stack: Stack, path: str, protocol: str) -> tuple[int, bytes]:
    """The status and the body of the answer to a request for another protocol."""
    with connection(stack) as visitor:
        visitor.sendall(HANDSHAKE.format(path=path, protocol=protocol).encode())
        answer = http.client.HTTPResponse(visitor)
        answer.begin()
        return answer.status, answer.read()


def code(frame: tuple[int, bytes]) -> int:
    """The code of a closing frame."""
    kind, data = frame
    assert kind == ABNF.OPCODE_CLOSE, frame
    return int.from_bytes(data[:2], "big")


def test_fifty_visitors_talk_to_the_app_at_once(shop: Stack) -> None:
    with visitors(shop, "/echo", AT_ONCE) as found:
        for number, visitor in enumerate(found):
            visitor.send(f"visitor {number}")
        assert [visitor.recv() for visitor in found] == [f"visitor {number}" for number in range(AT_ONCE)]
        large = b"\0\xff" * 100_000  # more than fits into the buffers of the sockets between the two
        found[0].send_binary(large)
        assert found[0].recv() == large


def test_socket_io_talks_over_websockets_by_threads(shop: Stack) -> None:
    with visitors(shop, "/socket.io/?EIO=4&transport=websocket") as [visitor]:
        assert str(visitor.recv()).startswith("0{")
        visitor.send("40")
        assert str(visitor.recv()).startswith("40{")
        visitor.send('42["ask",{"a":1}]')
        assert visitor.recv() == '42["answer",{"a":1}]'


def test_the_app_closes_with_a_code_of_its_own_and_a_failure_has_the_code_for_that(shop: Stack) -> None:
    for path, expected in (("/enough", OWN), ("/fail", INTERNAL_ERROR)):
        with visitors(shop, path) as [visitor]:
            assert code(visitor.recv_data()) == expected
        shop.until_logged(f'"GET /shop{path} HTTP/1.1" 101 ')
    assert "the app's own mistake" in shop.log("server.log")


def test_what_does_not_become_a_websocket_is_answered_under_the_rules_of_the_site(shop: Stack) -> None:
    assert answer_to(shop, "/shop/missing", "websocket")[0] == 404
    assert answer_to(shop, "/other/", "websocket")[0] == 404
    assert answer_to(shop, "/shop/", "websocket")[0] == 400  # Flask: the page is no WebSocket
    assert answer_to(shop, "/shop/closed", "websocket")[0] == 401
    assert [answer_to(shop, "/shop/limited", "websocket")[0] for _ in range(2)] == [404, 429]
    for other in ("h2c", "TLS/1.3"):
        assert answer_to(shop, "/shop/", other) == (200, b"index")


def test_a_websocket_has_a_limit_of_silence_and_a_request_its_own(plain: Stack) -> None:
    with contextlib.closing(create_connection(f"ws://127.0.0.1:{plain.port}/echo", timeout=60)) as visitor:
        visitor.send("over the uwsgi wire")
        assert visitor.recv() == "over the uwsgi wire"
        with ThreadPoolExecutor() as pool:
            held = pool.submit(plain.get, "/held")  # for longer than a WebSocket may be silent
            with pytest.raises(WebSocketConnectionClosedException):
                visitor.recv()
            plain.let_go("held")
            assert held.result().text == "held"


def test_neither_the_time_limit_nor_a_renewed_certificate_ends_a_websocket(shop: Stack) -> None:
    with visitors(shop, "/echo") as [visitor]:
        issue("shop.test", "renewed.test", by=ROOT).write(shop.project.parent)
        until(lambda: "renewed.test" in str(shop.status()["tls"]), what="the renewed certificate")
        assert (
            answer_to(shop, "/shop/hang", "websocket")[0] == 504
        )  # an old worker waited no longer than that
        visitor.send("still here")
        assert visitor.recv() == "still here"


@pytest.mark.parametrize("command", ["reload", "down"])
def test_open_websockets_are_closed_in_order_when_their_server_stops(shop: Stack, command: str) -> None:
    shop.write("app.py", f"{APP}# after {command}\n")
    with visitors(shop, "/echo", 2) as [answering, silent]:
        server = shop.status()["server"]["pid"]
        with ThreadPoolExecutor() as pool:
            closing = pool.submit(answering.recv_data)
            done = shop.run(command)
            assert done.code == 0, done
            assert code(closing.result()) == GOING_AWAY
        assert code(silent.recv_data()) == GOING_AWAY
        until(lambda: has_ended(server), what="the end of the server of a visitor who never answers")
    if command == "reload":
        with visitors(shop, "/echo") as [visitor]:
            visitor.send("new")
            assert visitor.recv() == "new"
