"""Four processes of two threads: eight requests are served at once and the ninth waits, by the stack's own count."""

from __future__ import annotations

import contextlib
import http.client
import re
import select
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.golden.toy import TOY
from tests.support.stack import Stack, stack_in, until

pytestmark = pytest.mark.native

SLOTS = 8
ROW = re.compile(r"^worker (\d) thread (\d)\s+request\s+(\d)\s+#+  ", re.MULTILINE)
WAITS = re.compile(r"^waits\s+request\s+(\d)\s+\.+#+  ", re.MULTILINE)


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The toy app of the notes, served."""
    with stack_in(tmp_path_factory.mktemp("c") / "toy", env={"ENUF_SERVE_USER": "root"}) as running:
        for name in ("toy_flask_app.py", "wsgi.py", "concurrency.py", "enuf.toml"):
            shutil.copy(TOY / name, running.project)
        running.up()
        yield running


def asked(stack: Stack, path: str, held: contextlib.ExitStack) -> http.client.HTTPConnection:
    """A connection on which a request was sent."""
    connection = http.client.HTTPConnection("127.0.0.1", stack.port, timeout=60)
    held.enter_context(contextlib.closing(connection))
    connection.request("GET", path)
    return connection


def busy_and_waiting(stack: Stack) -> tuple[int, int]:
    """How many threads work and how many requests wait."""
    status = stack.status()
    return status["server"]["busy"], status["backlog"]["queued"]


def test_eight_are_served_at_once_and_the_ninth_waits_for_one_of_them(toy: Stack) -> None:
    with contextlib.ExitStack() as held:
        first = [asked(toy, "/slow?seconds=4", held) for _ in range(SLOTS)]
        until(lambda: busy_and_waiting(toy) == (SLOTS, 0), what="eight at work")
        ninth = asked(toy, "/hello/ninth", held)
        until(lambda: busy_and_waiting(toy) == (SLOTS, 1), what="the ninth in the queue")
        answered, _, _ = select.select([each.sock for each in (*first, ninth)], [], [], 30)
        assert (
            ninth.sock not in answered or len(answered) > 1
        )  # a page that takes no time came after a slow one
        assert ninth.getresponse().read() == b"Hello, ninth!\n"
        assert {each.getresponse().status for each in first} == {200}


def test_the_example_draws_who_was_served_and_who_waited(toy: Stack) -> None:
    drawn = subprocess.run(
        [sys.executable, Path("concurrency.py"), "--seconds", "4"],
        cwd=toy.project, env=toy.env, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert drawn.returncode == 0, drawn.stdout + drawn.stderr
    assert drawn.stdout.startswith(
        "4 processes x 2 threads = 8 requests at once; here are 9:\n8 at work, 1 waiting\n"
    )
    rows, waits = ROW.findall(drawn.stdout), WAITS.findall(drawn.stdout)
    served = {(worker, thread) for worker, thread, _ in rows}
    assert served == {(worker, thread) for worker in "1234" for thread in "12"}
    assert sorted([*(number for *_, number in rows), *waits]) == list("123456789")
