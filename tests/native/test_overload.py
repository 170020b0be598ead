"""More requests than the app can answer in time: the rest get an early 503, and the app never works for a visitor who has gone."""

from __future__ import annotations

import asyncio
import http.client
from collections.abc import Iterator
from contextlib import closing

import pytest

from tests.support.dashboard import dashboard_pid, metrics, with_dashboard
from tests.support.stack import Stack, until

pytestmark = pytest.mark.native

APP = """
import pathlib, time
from flask import Flask, request
app = Flask(__name__)
SEEN = pathlib.Path(__file__).with_name("seen")

@app.route("/slow", methods=["GET", "POST"])
def slow():
    with SEEN.open("a") as seen:
        seen.write(request.args["number"] + "\\n")
    time.sleep(0.4)
    return "done"

@app.route("/passed", methods=["GET", "POST"])
def passed():
    request.get_data()
    return request.environ["HTTP_X_REQUEST_START"]
"""
SETTINGS = '[serve]\ntimeout = "3s"\nprocesses = 1\nthreads = 2\n'
VISITORS = 60
"""Four times as many as two threads can answer within the time limit."""
UPLOAD = b"x" * 300_000
ROWS = [
    pytest.param(name, marks=pytest.mark.xdist_group(f"overload-{name}"))
    for name in ("nginx-uwsgi", "nginx-gunicorn", "nginx-gunicorn-uwsgi", "nginx-granian")
]


@pytest.fixture(scope="module", params=ROWS)
def shop(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack with an app that is too slow for its visitors."""
    folder = tmp_path_factory.mktemp("overload") / "shop"
    with with_dashboard(folder, APP, ENUF_TOPOLOGY=request.param) as stack:
        stack.write("enuf.toml", SETTINGS)
        stack.up()
        yield stack


async def answer(port: int, number: int) -> tuple[int, str, str]:
    """Number, status and Retry-After of one request on a connection of its own; every other one is an upload."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    method, body = ("POST", UPLOAD) if number % 2 else ("GET", b"")
    head = f"{method} /slow?number={number} HTTP/1.1\r\nHost: shop.test\r\nConnection: close\r\n"
    writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
    received = (await reader.read()).decode()
    writer.close()
    _, _, after = received.lower().partition("retry-after: ")
    return number, received[9:12], after.partition("\r\n")[0]


async def burst(port: int) -> list[tuple[int, str, str]]:
    """The answers to all visitors, who come at the same moment."""
    async with asyncio.timeout(60):
        return await asyncio.gather(*(answer(port, number) for number in range(VISITORS)))


def test_who_cannot_be_answered_in_time_is_told_early_and_the_app_is_not_asked(shop: Stack) -> None:
    answers = asyncio.run(burst(shop.port))
    assert {(status, after) for _, status, after in answers} == {("200", ""), ("503", "5")}
    seen = [int(line) for line in (shop.project / "seen").read_text().split()]
    assert sorted(seen) == sorted(number for number, status, _ in answers if status == "200")
    assert shop.get("/slow?number=0").status == 200  # at once: nobody waits any more

    refused = len(answers) - len(seen)
    until(lambda: shop.status()["answers"]["too_late"] == refused, what=f"{refused} in the status")
    assert f"{refused} 503 because no thread was free" in shop.run("status").out
    dashboard_pid(shop)
    assert metrics(shop)["enuf_requests_refused_total", ""] == refused
    assert "no thread was free in time" in shop.log("enuf.log")


def test_the_time_of_an_upload_is_no_waiting(shop: Stack) -> None:
    """The front writes its time into a request when the body is whole."""
    with closing(http.client.HTTPConnection("127.0.0.1", shop.port, timeout=60)) as upload:
        upload.putrequest("POST", "/passed")
        upload.putheader("Content-Length", "2")
        upload.endheaders(b"1")
        meanwhile = shop.get("/passed").text
        upload.send(b"2")
        assert upload.getresponse().read().decode() > meanwhile > "t="
