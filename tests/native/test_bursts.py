"""More visitors at once than the app can take: those who can be answered wait, the rest are told when to come again."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.own_network import own_network
from tests.support.stack import Stack, stack_in, until

pytestmark = pytest.mark.native

APP = """
import pathlib, time
from flask import Flask
app = Flask(__name__)
OPEN = pathlib.Path(__file__).with_name("open")

@app.get("/")
def index():
    return "hello"

@app.get("/gate")
def gate():
    while not OPEN.exists():
        time.sleep(0.02)
    return "in"
"""
SOMAXCONN, SOCKETS, THREADS = 64, 4, 2
ROOM = SOMAXCONN * SOCKETS


@pytest.fixture(scope="module", params=["nginx-uwsgi", "nginx-gunicorn"])
def shop(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """An app with two threads on a system whose queues are short."""
    with own_network():
        limit = Path("/proc/sys/net/core/somaxconn")
        try:
            limit.write_text(str(SOMAXCONN))
        except OSError as error:
            pytest.skip(f"the length of queues cannot be changed here: {error.strerror}")
        folder = tmp_path_factory.mktemp("bursts") / "shop"
        with stack_in(folder, env={"ENUF_SERVE_USER": "root", "ENUF_TOPOLOGY": request.param}) as stack:
            stack.write("app.py", APP)
            stack.up("--processes", "1", "--threads", str(THREADS))
            yield stack


async def answer(port: int, path: str) -> tuple[str, str]:
    """Status and Retry-After of one request on a connection of its own; an error's name where there is no answer."""
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(f"GET {path} HTTP/1.1\r\nHost: shop.test\r\nConnection: close\r\n\r\n".encode())
        received = (await reader.read()).decode()
        writer.close()
    except OSError as error:
        return type(error).__name__, ""
    _, _, after = received.partition("Retry-After: ")
    return received[9:12], after.partition("\r\n")[0]


async def burst(port: int, path: str, visitors: int) -> Counter[tuple[str, str]]:
    """The answers to so many visitors who come at the same moment."""
    async with asyncio.timeout(60):
        return Counter(await asyncio.gather(*(answer(port, path) for _ in range(visitors))))


def test_as_many_as_can_wait_are_answered(shop: Stack) -> None:
    visitors = ROOM * 3 // 4  # nginx fills the queues in turn, each of its workers for itself
    assert asyncio.run(burst(shop.port, "/", visitors)) == {("200", ""): visitors}


def test_the_rest_are_turned_away_at_once_with_a_word_when_to_come_again(shop: Stack) -> None:
    async def beyond() -> tuple[Counter[tuple[str, str]], Counter[tuple[str, str]]]:
        async with asyncio.timeout(60):
            waiting = [asyncio.create_task(answer(shop.port, "/gate")) for _ in range(ROOM * 2)]
            early = list[tuple[str, str]]()
            for done in asyncio.as_completed(waiting):
                early.append(await done)
                if len(early) == ROOM:  # as many as there is no room for
                    break
            shop.write("open", "")
            await asyncio.wait(waiting)
            return Counter(early), Counter(task.result() for task in waiting)

    early, all_ = asyncio.run(beyond())
    assert early == {("503", "5"): ROOM}
    assert all_ == {("503", "5"): ROOM, ("200", ""): ROOM}


def test_afterwards_everybody_is_answered_again(shop: Stack) -> None:
    assert shop.get("/").status == 200
    assert shop.run("reload").code == 0
    assert shop.get("/").status == 200
    until(lambda: not shop.status()["retiring"], what="the end of the old generation")
    assert asyncio.run(burst(shop.port, "/", 50)) == {("200", ""): 50}
