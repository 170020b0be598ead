"""The dashboard's web server ends when nobody uses it, and leaves visitors in the queue of its socket."""

from __future__ import annotations

import socket
from collections.abc import Iterable
from typing import TYPE_CHECKING

from enuf.web.serving import make_server

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment


def hello(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    start_response("200 OK", [("Content-Length", "5")])
    return [b"hello"]


def run_until_unused(listener: socket.socket, unused_s: float) -> None:
    server = make_server(hello, listener.dup(), unused_s=unused_s)
    server.run()
    server.close()


def test_one_that_ends_answers_who_it_has_accepted_and_leaves_the_others_to_the_next_one() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        with socket.create_connection(listener.getsockname(), timeout=60) as visitor:
            visitor.sendall(b"GET / HTTP/1.0\r\n\r\n")
            run_until_unused(listener, -1)
            run_until_unused(listener, 0.2)
            answer = visitor.makefile("rb").read()
    assert answer.startswith(b"HTTP/1.0 200")
    assert answer.endswith(b"hello")
