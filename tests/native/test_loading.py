"""An app that has a connection, a database or a thread after its import answers right, by default, on every server."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.support.stack import stack_in, until

pytestmark = pytest.mark.native

APP = """
import flask_sock, logging.handlers, os, queue, socket, sqlite3, threading
from apscheduler.schedulers.background import BackgroundScheduler
from flask import Flask, request
app = Flask(__name__)
jobs, lines = queue.Queue(), queue.Queue()
done = dict.fromkeys(("mailer", "log", "scheduler"), 0)

def count(kind):
    done[kind] += 1

def work():
    while True:
        count(jobs.get())

class Counted(logging.Handler):
    def emit(self, record):
        count("log")

threading.Thread(target=work, daemon=True, name="mailer").start()
logging.handlers.QueueListener(lines, Counted()).start()
log = logging.getLogger("shop")
log.addHandler(logging.handlers.QueueHandler(lines))
log.propagate = False
scheduler = BackgroundScheduler()
scheduler.start()
kept = socket.create_connection(("127.0.0.1", {port}))
answers, lock = kept.makefile("r"), threading.Lock()
database = sqlite3.connect("shop.db", check_same_thread=False, timeout=30)
database.execute("create table if not exists orders (number)")
database.commit()

@app.get("/")
def index():
    return "ready"

@app.get("/ask")
def ask():
    mine = os.urandom(8).hex()
    with lock:
        kept.sendall(mine.encode() + b"\\n")
        answer = answers.readline().strip()
        database.execute("insert into orders values (?)", (mine,))
        database.commit()
    return (answer, 200) if answer == mine else (f"{{answer}} for {{mine}}", 500)

@app.get("/work")
def job():
    jobs.put("mailer")
    log.warning("a line")
    scheduler.add_job(count, args=["scheduler"], misfire_grace_time=None)
    return done
"""


@pytest.fixture
def echo() -> Iterator[int]:
    """The port of a server that answers each line on a connection with this line, as a database does: in its order."""

    def serve(connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection, connection.makefile("rb") as lines:
            for line in lines:
                connection.sendall(line)

    def accept(server: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=serve, args=(server.accept()[0],), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=accept, args=(server,), daemon=True).start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize("topology", ["nginx-uwsgi", "gunicorn"])
def test_what_the_import_opens_is_not_shared_between_workers(
    tmp_path: Path, echo: int, topology: str
) -> None:
    with stack_in(tmp_path / "shop") as stack:
        stack.write("app.py", APP.format(port=echo))
        stack.write("flask_sock.py", "")
        done = stack.run("up", "-d", "--listen", "127.0.0.1:0", "--topology", topology)
        assert done.code == 0, done
        stack.port = int(done.out.split("served at http://127.0.0.1:")[1].split()[0])
        line = next(line for line in done.out.splitlines() if "each worker loads the app itself" in line)
        assert f"an open connection to 127.0.0.1:{echo}" in line
        said = f"warning: the app uses WebSockets (flask_sock), and topology {topology!r} cannot serve them"
        assert (said in done.err) is (topology == "nginx-uwsgi")
        with ThreadPoolExecutor(8) as clients:
            statuses = Counter(clients.map(lambda _: stack.get("/ask").status, range(300)))
        assert statuses == {200: 300}
        assert until(lambda: min(stack.get("/work").json.values()) > 2, what="every thread does its work")

        # A version without all that is forked again, and the reload says so.
        stack.write("app.py", "from flask import Flask\napp = Flask(__name__)\n")
        said = "note: from now on the app is loaded once, and the workers are forks of it: its import leaves nothing open"
        reloaded = stack.run("reload")
        assert reloaded.code == 0 and said in reloaded.err, reloaded
        assert said in stack.log("enuf.log")
        assert stack.run("reload").err == ""
