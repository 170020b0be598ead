"""An app that writes every complete request to a journal, served by each row of the table of topologies."""

from __future__ import annotations

import contextlib
import json
import re
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from enuf.model.topology import Topology
from enuf.plan.topologies import FRONTS, SERVERS, TOPOLOGIES
from tests.support.builds import BUILDS, missing_system_build, prepare, settings_of
from tests.support.stack import Stack

APP = """
import json, pathlib
from flask import Flask, request

app = Flask(__name__)
JOURNAL = pathlib.Path(__file__).with_name("journal")
METHODS = ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"]

@app.route("/", defaults={"rest": ""}, methods=METHODS)
@app.route("/<path:rest>", methods=METHODS)
def witness(rest):
    body = request.get_data()  # raises when the body is cut or malformed: such a request is not written down
    with JOURNAL.open("a") as journal:
        journal.write(json.dumps(f"{request.method} {request.path} {len(body)}") + "\\n")
    seen = {name: value for name, value in request.environ.items() if isinstance(value, str)}
    return {"environ": seen, "url": request.url, "length": len(body)}

@app.post("/unread")
def unread():
    with JOURNAL.open("a") as journal:
        journal.write(json.dumps("POST /unread") + "\\n")
    return "not for you", 401

def bad_answers(inner):
    def answer(environ, start_response):
        path = environ["PATH_INFO"]
        if not path.startswith("/bad/"):
            return inner(environ, start_response)
        status, headers, body = BAD[path.removeprefix("/bad/")]
        if status is not None:
            start_response(status, headers)
        return body() if callable(body) else body
    return answer

def raises_at_once():
    raise RuntimeError("on purpose")

def raises_in_the_middle():
    yield b"x" * 1000
    raise RuntimeError("on purpose")

app.wsgi_app = bad_answers(app.wsgi_app)
OK, PLAIN = "200 OK", [("Content-Type", "text/plain")]
FORGED = b"HTTP/1.1 200 OK\\r\\nContent-Length: 6\\r\\n\\r\\nforged"
BAD = {
    "no body": (OK, PLAIN, []),
    "a 204 with a body": ("204 No Content", PLAIN, [FORGED]),
    "a 304 with a body": ("304 Not Modified", [], [FORGED]),
    "a 204 with a length": ("204 No Content", [("Content-Length", "5")], [b"12345"]),
    "a length beyond the body": (OK, [("Content-Length", "100")], [b"ten bytes."]),
    "a length short of the body": (OK, [("Content-Length", "3")], [b"abc" + FORGED]),
    "a negative length": (OK, [("Content-Length", "-5")], [FORGED]),
    "a length that is no number": (OK, [("Content-Length", "abc")], [FORGED]),
    "two lengths": (OK, [("Content-Length", "1"), ("Content-Length", "10")], [b"x" * 10]),
    "chunks of its own": (OK, [("Transfer-Encoding", "chunked")], [b"5\\r\\nhello\\r\\n0\\r\\n\\r\\n"]),
    "chunks of its own and a length": (OK, [("Transfer-Encoding", "chunked"), ("Content-Length", "5")], [b"hello"]),
    "an unknown coding": (OK, [("Transfer-Encoding", "x")], [b"hello"]),
    "a status without a number": ("banana", PLAIN, [b"x"]),
    "an empty status": ("", PLAIN, [b"x"]),
    "status 0": ("0 zero", PLAIN, [b"x"]),
    "status 99": ("99 low", PLAIN, [b"x"]),
    "status 1000": ("1000 high", PLAIN, [b"x"]),
    "a header of 20 KB": (OK, [("X-Big", "h" * 20_000)], [b"x"]),
    "a header of 100 KB": (OK, [("X-Big", "h" * 100_000)], [b"x"]),
    "3000 headers": (OK, [(f"X-{number}", "v") for number in range(3000)], [b"x"]),
    "a header without a name": (OK, [("", "v")], [b"x"]),
    "a header with a blank in its name": (OK, [("X A", "v")], [b"x"]),
    "a header that is no text": (OK, [("X-A", 5)], [b"x"]),
    "a header outside of latin-1": (OK, [("X-A", chr(8364))], [b"x"]),
    "connection close": (OK, [("Connection", "close")], [b"x"]),
    "connection keep-alive": (OK, [("Connection", "keep-alive"), ("Keep-Alive", "timeout=99")], [b"x"]),
    "an internal redirect to a dotfile": (OK, [("X-Accel-Redirect", "/static/.env")], [b"x"]),
    "an internal redirect above the root": (OK, [("X-Accel-Redirect", "/../../etc/passwd")], [b"x"]),
    "an internal redirect to itself": (OK, [("X-Accel-Redirect", "/bad/an%20internal%20redirect%20to%20itself")], [b"x"]),
    "a text for a body": (OK, PLAIN, ["text"]),
    "a number for a body": (OK, PLAIN, [1]),
    "nothing for a body": (OK, PLAIN, None),
    "no call of start_response": (None, [], [b"x"]),
    "an exception": (None, [], raises_at_once),
    "an exception after start_response": (OK, PLAIN, raises_at_once),
    "an exception in the middle": (OK, PLAIN, raises_in_the_middle),
    "an exception in the middle, with a length": (OK, [("Content-Length", "5000")], raises_in_the_middle),
    "a great many small pieces": (OK, PLAIN, [b"x"] * 20_000),
}
"""
BAD_ANSWERS: tuple[str, ...] = tuple(re.findall(r'^    "(.*)": \(', APP, re.MULTILINE))
"""The paths below /bad/."""
FOLLOW_UP = b"GET /follow-up HTTP/1.1\r\nHost: shop.test\r\nConnection: close\r\n\r\n"
"""The request that comes after each probe on the same connection; the server closes the connection after it."""
FOLLOWED = "GET /follow-up 0"
"""The follow-up's line in the journal."""
_STATUS_LINE = re.compile(rb"HTTP/1\.[01] (\d{3})[ \r]")


SECRET = "SECRET=not-for-visitors"
"""The content of a dotfile in the static folder."""


def rows(*, front_only: bool = False, builds: tuple[str, ...] = BUILDS) -> list[object]:
    """Return the parameters of a fixture: every topology, on every build by which it differs.

    The name of the row keeps tests of one stack in one worker of pytest-xdist.
    """
    return [
        pytest.param((row.id, build), id=f"{row.id}-{build}", marks=pytest.mark.xdist_group(f"witness-{row.id}-{build}"))
        for row in TOPOLOGIES.values()
        for build in builds
        if (row.front in FRONTS or not front_only) and (build == BUILDS[0] or _differs_by_build(row))
    ]  # fmt: skip


def _differs_by_build(row: Topology) -> bool:
    return row.front in FRONTS or SERVERS[row.server].tool == "uwsgi"


class Witness(Stack):
    """A stack whose app keeps a journal of the requests that reached it."""

    row: Topology
    build: str
    _read_to = 0

    @property
    def has_front(self) -> bool:
        """True where nginx parses the requests before the app server does."""
        return self.row.front in FRONTS

    def journal(self) -> list[str]:
        """Return the requests that reached the app since the last call, as `POST /path 5`: 5 is the length of the body."""
        with contextlib.suppress(FileNotFoundError):
            lines = (self.project / "journal").read_text().splitlines()
            new, self._read_to = lines[self._read_to :], len(lines)
            return [json.loads(line) for line in new]
        return []


@contextlib.contextmanager
def witness_on(
    project: Path, topology: str, build: str, *, app: str = APP, serve: str = ""
) -> Iterator[Witness]:
    """Serve the app by one row of the table during the block, with these lines in `[serve]`; skip where the build is missing."""
    row = TOPOLOGIES[topology]
    if SERVERS[row.server].tool == "uwsgi":
        prepare(project, build)
    elif reason := build == "system" and missing_system_build():
        pytest.skip(reason)
    project.mkdir(parents=True, exist_ok=True)
    # The tests' own Python may be under /root, where no other user can read it.
    stack = Witness(project, env={"ENUF_SERVE_USER": "root"})
    stack.row, stack.build = row, build
    try:
        stack.write("app.py", app)
        stack.write("static/site.css", "body { margin: 0 }\n")
        stack.write("static/.env", SECRET)
        stack.write(
            "enuf.toml",
            f'topology = "{topology}"\n{settings_of(build)}[serve]\nlink = "127.0.0.1:0"\nprocesses = 1\ntimeout = "4s"\n{serve}',
        )
        stack.up()
        yield stack
    finally:
        stack.close()


class Outcome:
    """The bytes received on one connection, and the requests that reached the app meanwhile."""

    def __init__(self, received: bytes, seen: list[str], *, closed: bool) -> None:
        self.received = received
        self.seen = seen
        self.closed = closed
        """False when the server keeps the connection open."""
        self.statuses = [int(status) for status in _STATUS_LINE.findall(received)]

    @property
    def last_status(self) -> int:
        """The status of the last response; 0 without one, 400 for an error page without a status line (HTTP/0.9)."""
        if self.statuses:
            return self.statuses[-1]
        return 400 if b"400 Bad Request" in self.received else 0

    def __repr__(self) -> str:
        return f"{self.statuses} closed={self.closed} app saw {self.seen}, received {self.received[-300:]!r}"


def probe(stack: Witness, data: bytes, *, half_close: bool = False, within_s: float = 30) -> Outcome:
    """Send the bytes on a new connection and read until the server closes it.

    With `half_close` the client half-closes the connection after the bytes; otherwise once the response is an error, so
    that a server which discards the rest of a body need not wait for it.
    """
    stack.journal()
    received, closed = b"", True
    with socket.create_connection(("127.0.0.1", stack.port), timeout=within_s) as connection:
        try:
            connection.sendall(data)
            if half_close:
                connection.shutdown(socket.SHUT_WR)
            while chunk := connection.recv(65536):
                received += chunk
                if not half_close and _ends_with_an_error(received):
                    half_close = True
                    connection.shutdown(socket.SHUT_WR)
        except TimeoutError:
            closed = False
        except OSError:  # the server has closed the connection while we still sent
            pass
    return Outcome(received, stack.journal(), closed=closed)


def _ends_with_an_error(received: bytes) -> bool:
    """Return True when the last response so far is an error that ends the connection."""
    head = received[received.rfind(b"HTTP/1.1 ") :].partition(b"\r\n\r\n")[0]
    return head[9:10] in (b"4", b"5") and b"\r\nConnection: close" in head
