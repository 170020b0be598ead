"""An app that shows the requests it receives and that wsgiref.validate checks, and requests that no HTTP library sends."""

from __future__ import annotations

import contextlib
import http.client
import io
from collections.abc import Iterator
from pathlib import Path

from tests.support.builds import prepare, settings_of
from tests.support.stack import Response, Stack, stack_in

APP = """
import hashlib, os, pathlib, signal, time
from wsgiref.validate import validator
from flask import Flask, Response, make_response, redirect, request, session, url_for

app = Flask(__name__)
app.secret_key = "not so secret"
app.wsgi_app = validator(app.wsgi_app)
FLAG = pathlib.Path(__file__).with_name("go-on")
METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]

@app.route("/", methods=METHODS)
@app.route("/echo", methods=METHODS)
@app.route("/echo/<path:rest>", methods=METHODS)
def echo(rest=""):
    body = request.get_data()
    return {
        "environ": {name: value for name, value in request.environ.items() if isinstance(value, str)},
        "scheme": request.environ["wsgi.url_scheme"],
        "length": len(body),
        "digest": hashlib.sha256(body).hexdigest(),
        "external": url_for("page", _external=True),
        "static": url_for("static", filename="site.css"),
    }

@app.post("/unread")
def unread():
    return "who are you?", 401

@app.get("/die")
def die():
    os.kill(os.getpid(), signal.SIGKILL)

@app.get("/fail")
def fail():
    raise RuntimeError("on purpose")

@app.get("/big-cookie/<int:size>")
def big_cookie(size):
    answer = make_response("cookie")
    answer.headers["Set-Cookie"] = "big=" + "x" * size
    return answer

@app.get("/page")
def page():
    answer = make_response("<h1>same</h1>")
    answer.set_etag("v1")
    answer.last_modified = 1_700_000_000
    return answer.make_conditional(request)

@app.get("/text/<int:size>")
def text(size):
    return Response("t" * size, mimetype="text/plain")

@app.get("/own-headers")
def own_headers():
    return "mine", 200, {
        "X-Request-ID": "of-the-app", "X-Frame-Options": "DENY",
        "X-Content-Type-Options": "of-the-app", "Referrer-Policy": "no-referrer",
    }

@app.get("/events")
def events():
    def stream():
        yield "data: one\\n\\n"
        while not FLAG.exists():
            time.sleep(0.01)
        yield "data: two\\n\\n"
    return Response(stream(), mimetype="text/event-stream", headers={"X-Accel-Buffering": "no"})

@app.get("/go-on")
def go_on():
    FLAG.touch()
    return "ok"

@app.get("/elsewhere")
def elsewhere():
    return redirect(url_for("page"))

@app.get("/visits")
def visits():
    session["visits"] = session.get("visits", 0) + 1
    return str(session["visits"])
"""


@contextlib.contextmanager
def site(project: Path, build: str, settings: str = "", *, app: str = APP) -> Iterator[Stack]:
    """Serve the app by this build during the block, with these lines in its enuf.toml."""
    prepare(project, build)
    # The tests' own Python may be under /root, where no other user can read it.
    with stack_in(project, env={"ENUF_SERVE_USER": "root"}) as stack:
        stack.write("app.py", app)
        stack.write("static/site.css", "body { margin: 0 }\n")
        stack.write("enuf.toml", settings_of(build) + settings)
        stack.up()
        yield stack


def head(
    *lines: str, method: str = "GET", path: str = "/", host: str = "shop.test", last: bool = True
) -> bytes:
    """Return the head of a request; `last` adds the header `Connection: close`."""
    closing = ("Connection: close",) if last else ()
    return "\r\n".join([f"{method} {path} HTTP/1.1", f"Host: {host}", *lines, *closing, "", ""]).encode(
        "latin-1"
    )


def send(stack: Stack, *requests: bytes) -> list[Response]:
    """Send requests at once on one connection and return their responses; the last request must close the connection."""
    received = stack.raw(b"".join(requests), timeout=20)
    return answers(received, *(request.startswith(b"HEAD ") for request in requests))


def send_one(stack: Stack, request: bytes) -> Response:
    """Send a request and return its only response."""
    (answer,) = send(stack, request)
    return answer


def environ(stack: Stack, *lines: str, path: str = "/echo", host: str = "shop.test") -> dict[str, str]:
    """Send a GET and return the WSGI environ that the app receives."""
    answer = send_one(stack, head(*lines, path=path, host=host))
    assert answer.status == 200, answer
    found: dict[str, str] = answer.json["environ"]
    return found


def answers(received: bytes, *is_head: bool) -> list[Response]:
    """Parse the responses received on one connection; a response to HEAD has no body."""
    stream = Received(received)
    found = []
    for without_body in is_head:
        if stream.file.tell() < len(received):
            answer = http.client.HTTPResponse(stream, method="HEAD" if without_body else "GET")  # type: ignore[arg-type]
            answer.begin()
            found.append(Response(answer.status, _headers(answer), answer.read()))
    assert stream.file.tell() == len(received), f"more came than was asked for: {received!r}"
    return found


def _headers(answer: http.client.HTTPResponse) -> dict[str, str]:
    """Return the headers by name; the values of a repeated header are joined."""
    return {name: ", ".join(answer.headers.get_all(name, [])) for name in answer.headers}


class Received:
    """Received bytes as the socket that http.client reads from; its file stays open between two responses."""

    def __init__(self, received: bytes) -> None:
        self.file = _Unclosed(received)

    def makefile(self, _mode: str) -> io.BytesIO:
        return self.file


class _Unclosed(io.BytesIO):
    def close(self) -> None:
        """Do nothing: the next response is read from the same file."""
