"""An ETag that the app calls strong stays one for clients that accept compressed answers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.stack import Response, Stack
from tests.support.wire import site

pytestmark = pytest.mark.native

APP = """
import gzip
from flask import Flask, Response, jsonify, request

app = Flask(__name__)
DOC = {"text": "x" * 5000, "version": 0}

def tag(answer, **weak):
    answer.set_etag(f"v{DOC['version']}", **weak)
    return answer

@app.get("/")
def plain():
    return jsonify(DOC)

@app.get("/doc")
def doc():
    return tag(jsonify(DOC)).make_conditional(request, accept_ranges=True, complete_length=len(jsonify(DOC).data))

@app.put("/doc")
def put():
    if not request.if_match.contains(f"v{DOC['version']}"):
        return "", 412
    DOC["version"] += 1
    return "saved"

@app.get("/weak")
def weak():
    return tag(jsonify(DOC), weak=True)

@app.get("/packed")
def packed():
    return tag(Response(gzip.compress(b"x" * 5000), mimetype="text/plain", headers={"Content-Encoding": "gzip"}))
"""
GZIP = {"Accept-Encoding": "gzip"}
WAYS = (
    ("embedded", "nginx-uwsgi"),
    ("system", "nginx-uwsgi"),
    ("embedded", "nginx-gunicorn"),
    ("embedded", "nginx-granian"),
)


@pytest.fixture(scope="module", params=WAYS, ids=" ".join)
def shop(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """An app with documents that have versions."""
    build, topology = request.param
    folder = tmp_path_factory.mktemp("validators") / "shop"
    with site(folder, build, f'topology = "{topology}"\n[serve]\nprocesses = 1\n', app=APP) as stack:
        yield stack


def header(answer: Response, name: str) -> str:
    """A header of an answer; servers write its name in their own way."""
    return next(value for found, value in answer.headers.items() if found.lower() == name)


def test_a_strong_etag_names_a_version_to_be_changed(shop: Stack) -> None:
    read = shop.request("GET", "/doc", headers=GZIP)
    assert header(read, "etag").startswith('"')
    assert read.headers.get("Content-Encoding", "identity") == "identity"
    names = {**GZIP, "If-Match": header(read, "etag")}
    assert shop.request("PUT", "/doc", "{}", names).status == 200
    assert shop.request("PUT", "/doc", "{}", names).status == 412


def test_a_part_of_that_version_can_be_asked_for(shop: Stack) -> None:
    whole = shop.request("GET", "/doc", headers=GZIP)
    names = {**GZIP, "Range": "bytes=100-199", "If-Range": header(whole, "etag")}
    part = shop.request("GET", "/doc", headers=names)
    assert (part.status, part.body) == (206, whole.body[100:200])


@pytest.mark.parametrize("path", ["/", "/weak"])
def test_an_answer_without_a_strong_etag_is_compressed(shop: Stack, path: str) -> None:
    answer = shop.request("GET", path, headers=GZIP)
    assert (header(answer, "content-encoding"), answer.headers["Vary"]) == ("gzip", "Accept-Encoding")


def test_what_the_app_has_compressed_itself_is_left_alone(shop: Stack) -> None:
    answer = shop.request("GET", "/packed", headers=GZIP)
    assert header(answer, "content-encoding") == "gzip"
    assert header(answer, "etag").startswith('"')
