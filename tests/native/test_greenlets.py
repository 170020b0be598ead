"""gunicorn's gevent worker: Flask-SocketIO with gevent, many WebSockets in one process, and the promises of enuf kept."""

from __future__ import annotations

import contextlib
import http.client
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from websocket import ABNF, WebSocket, create_connection

from tests.support.at_once import on_each
from tests.support.gevent_packages import installed_in
from tests.support.load import Client
from tests.support.stack import APP, Stack, has_ended, stack_in, until
from tests.support.under_load import under_load

pytestmark = [pytest.mark.native, pytest.mark.xdist_group("greenlets")]

MORE = """
import socket
from flask_sock import Sock
from flask_socketio import SocketIO, emit

IMPORTED_WITH = socket.socket.__module__
sock = Sock(app)
socketio = SocketIO(app, async_mode="gevent")

@socketio.on("ask")
def answer(data):
    emit("answer", data)

@sock.route("/echo-socket")
def echo_socket(ws):
    while True:
        ws.send(ws.receive())

@sock.route("/fail")
def fail(ws):
    raise ValueError("the app's own mistake")

@app.get("/patched")
def patched():
    return IMPORTED_WITH

@app.get("/hang")
def hang():
    try:
        while True:
            time.sleep(0.02)
    finally:
        open("finally", "w").close()

@app.get("/keeps-the-turn")
def keeps_the_turn():
    while True:
        pass

@app.get("/deaf")
def deaf():
    while True:
        try:
            time.sleep(600)
        except BaseException:
            pass

@app.get("/stops")
def stops():
    def parts():
        yield "row 1\\n"
        while True:
            time.sleep(0.02)
    return app.response_class(parts(), mimetype="text/csv")
"""
AT_ONCE = 100
GOING_AWAY, INTERNAL_ERROR = 1001, 1011
Rows = dict[str, Stack]


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rows]:
    """A stack for each wire, of one process with greenlets, in which a request may take 4 s."""
    folder = tmp_path_factory.mktemp("greenlets")
    env = {"PYTHONPATH": installed_in(folder / "packages"), "ENUF_SERVE_USER": "root"}
    with contextlib.ExitStack() as running:
        names = ("nginx-gunicorn", "nginx-gunicorn-uwsgi")
        stacks = {name: running.enter_context(stack_in(folder / name, env=env)) for name in names}
        for name, stack in stacks.items():
            stack.write("app.py", APP + MORE)
            size = f'processes = 1\ngreenlets = {AT_ONCE + 20}\ntimeout = "4s"\n'
            stack.write("enuf.toml", f'topology = "{name}"\n[serve]\n{size}')
        for done in on_each(stacks, Stack.up).values():
            assert "Socket" not in done.err
        yield stacks


@contextlib.contextmanager
def visitors(stack: Stack, path: str, count: int = 1) -> Iterator[list[WebSocket]]:
    """Open so many WebSockets of the site."""
    url = f"ws://127.0.0.1:{stack.port}{path}"
    with ThreadPoolExecutor(10) as pool:
        found = list(pool.map(lambda _: create_connection(url, timeout=60), range(count)))
    try:
        yield found
    finally:
        for each in found:
            each.shutdown()  # type: ignore[no-untyped-call]


def code(frame: tuple[int, bytes]) -> int:
    """The code of a closing frame."""
    kind, data = frame
    assert kind == ABNF.OPCODE_CLOSE, frame
    return int.from_bytes(data[:2], "big")


def test_socket_io_with_gevent_and_a_hundred_websockets_share_one_process_with_requests(rows: Rows) -> None:
    def check(stack: Stack) -> None:
        with visitors(stack, "/echo-socket", AT_ONCE) as found:
            for number, visitor in enumerate(found):
                visitor.send(f"visitor {number}")
            assert [visitor.recv() for visitor in found] == [f"visitor {number}" for number in range(AT_ONCE)]
            large = b"\0\xff" * 100_000  # more than fits into the buffers of the sockets between the two
            found[0].send_binary(large)
            assert found[0].recv() == large
            assert stack.get("/patched").text == "gevent._socket3"
            assert stack.request("POST", "/echo", b"x" * 2_000_000).status == 200
            with visitors(stack, "/socket.io/?EIO=4&transport=websocket") as [visitor]:
                assert str(visitor.recv()).startswith("0{")
                visitor.send("40")
                assert str(visitor.recv()).startswith("40{")
                visitor.send('42["ask",{"a":1}]')
                assert visitor.recv() == '42["answer",{"a":1}]'
        with visitors(stack, "/fail") as [visitor]:
            assert code(visitor.recv_data()) == INTERNAL_ERROR

    on_each(rows, check)


def test_a_greenlet_that_waits_is_ended_in_time_and_one_that_does_not_react_is_answered_for(
    rows: Rows,
) -> None:
    def check(stack: Stack) -> None:
        before = stack.get("/pid").text
        with ThreadPoolExecutor() as pool:
            hung, deaf = pool.submit(stack.get, "/hang"), pool.submit(stack.get, "/deaf")
            with pytest.raises(
                (http.client.IncompleteRead, http.client.RemoteDisconnected, ConnectionResetError)
            ):
                stack.get("/stops")
            assert (hung.result().status, deaf.result().status) == (504, 504)
        assert (stack.project / "finally").exists()
        known = hung.result().headers["X-Request-ID"]
        record = rf'hung request ended: GET /hang id={known}[\s\S]*app.py", line \d+,? in hang'
        until(lambda: re.search(record, stack.log("enuf.log")), what=record)
        until(lambda: stack.get("/pid").text != before, what="a new worker")

    on_each(rows, check)


def test_a_greenlet_that_never_lets_others_run_is_ended_too_and_its_worker_goes_on(rows: Rows) -> None:
    def check(stack: Stack) -> None:
        before = stack.get("/pid").text
        assert stack.get("/keeps-the-turn").status == 504
        assert stack.get("/pid").text == before
        record = r'hung request ended: GET /keeps-the-turn id=[\s\S]*app.py", line \d+,? in keeps_the_turn'
        until(lambda: re.search(record, stack.log("enuf.log")), what=record)

    on_each(rows, check)


def test_a_reload_closes_the_websockets_in_order_and_loses_no_request(rows: Rows) -> None:
    stack = rows["nginx-gunicorn"]
    stack.write("app.py", (APP + MORE).replace('VERSION = "1"', 'VERSION = "2"'))
    with visitors(stack, "/echo-socket", 2) as [answering, silent], ThreadPoolExecutor() as pool:
        server = stack.status()["server"]["pid"]
        closing = pool.submit(answering.recv_data)
        count, done = under_load(
            stack, lambda: stack.run("reload"), clients=(Client("/"), Client("/slow?seconds=0.3"))
        )
        assert done.code == 0, done
        assert (count.failed, set(count.versions)) == (0, {"1", "2"}), count
        assert code(closing.result()) == GOING_AWAY
        assert code(silent.recv_data()) == GOING_AWAY
        until(lambda: has_ended(server), what="the end of the server of a visitor who never answers")


def test_a_gevent_that_gunicorn_cannot_use_ends_the_start_with_the_command_that_helps(tmp_path: Path) -> None:
    place = tmp_path / "packages" / "gevent-1.0.dist-info"
    place.mkdir(parents=True)
    (place / "METADATA").write_text("Metadata-Version: 2.1\nName: gevent\nVersion: 1.0\n")
    with stack_in(tmp_path / "shop", env={"PYTHONPATH": str(place.parent)}) as stack:
        stack.write("app.py", APP)
        done = stack.run(
            "up", "-d", "--listen", "127.0.0.1:0", "--topology", "gunicorn", "--set", "serve.greenlets=9"
        )
    assert (done.code, "Traceback" in done.err) == (6, False)
    assert "serve.greenlets needs gevent 24.10.1 or later" in done.err
    assert "-m pip install --upgrade gevent" in done.err


def test_a_stop_closes_the_websockets_in_order(rows: Rows) -> None:
    stack = rows["nginx-gunicorn-uwsgi"]
    with visitors(stack, "/socket.io/?EIO=4&transport=websocket") as [visitor], ThreadPoolExecutor() as pool:
        assert str(visitor.recv()).startswith("0{")
        closing = pool.submit(visitor.recv_data)
        assert stack.run("down").code == 0
        assert code(closing.result()) == GOING_AWAY
