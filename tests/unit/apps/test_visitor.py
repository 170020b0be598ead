"""A visitor keeps cookies, fills in hidden inputs, and uses what earlier answers said."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest
from flask import Flask, Response, request
from scripts.apps.catalog import Ask
from scripts.apps.visitor import Visitor

app = Flask(__name__)


@app.get("/form")
def form() -> Response:
    answer = Response('<input type="hidden" name="csrf" value="s3cret"> id=42', headers={"ETag": '"v1"'})
    answer.set_cookie("session", "of Kim")
    answer.set_cookie("old", "", max_age=0)
    return answer


@app.post("/form")
def sent() -> dict[str, object]:
    return {"form": request.form.to_dict(), "cookies": request.cookies.to_dict()}


@app.get("/item/<number>")
def item(number: str) -> dict[str, object]:
    return {
        "number": number,
        "condition": request.headers.get("If-None-Match"),
        "encoding": request.headers.get("Accept-Encoding"),
    }


class Silent(WSGIRequestHandler):
    """Writes no log."""

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with make_server("127.0.0.1", 0, app, handler_class=Silent) as server:
        serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        serving.start()
        yield server.server_port
        server.shutdown()
        serving.join()


def test_a_form_is_sent_with_its_cookies_and_its_token(port: int) -> None:
    answers = Visitor(port).ask_all(
        [Ask(path="/form"), Ask(path="/form", method="POST", hidden=True, form={"name": "김"})]
    )
    assert b'"csrf":"s3cret"' in answers[1].body.replace(b" ", b"")
    assert b'"cookies":{"session":"of Kim"}' in answers[1].body.replace(b'": ', b'":')


def test_what_was_taken_is_used_later(port: int) -> None:
    asks = [
        Ask(path="/form", take={"id": r"id=(\d+)"}),
        Ask(path="/item/{id}", headers={"If-None-Match": "{etag}"}),
    ]
    answer = Visitor(port).ask_all(asks)[1]
    assert b'"number":"42"' in answer.body
    assert b'"condition":"\\"v1\\""' in answer.body
    assert b'"encoding":null' in answer.body


def test_a_server_that_is_not_there_gives_an_answer_that_says_so() -> None:
    with make_server("127.0.0.1", 0, app) as closed:
        port = closed.server_port
    assert Visitor(port).ask(Ask(path="/")).status == "no answer: ConnectionRefusedError"
