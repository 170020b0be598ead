"""enuf top, and that every view of a stack says the same about a load whose numbers are known."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.dashboard import (
    dashboard_pid,
    fetch,
    metrics,
    requests_counted,
    token_of,
    with_dashboard,
)
from tests.support.refusal import assert_refused
from tests.support.stack import APP, Stack, until
from tests.support.terminal import CTRL_C, at_terminal

pytestmark = pytest.mark.native

GATE = """
@app.get("/gate")
def gate():
    while not os.path.exists("open"):
        time.sleep(0.05)
    return "through\\n"
"""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """One process with two threads, and a dashboard."""
    with with_dashboard(tmp_path_factory.mktemp("top") / "shop", APP + GATE) as stack:
        stack.up("--processes", "1", "--threads", "2")
        dashboard_pid(stack)
        yield stack


@contextlib.contextmanager
def at_the_gate(stack: Stack, count: int) -> Iterator[None]:
    """So many requests that are answered when the block ends."""

    def ask() -> None:
        with contextlib.suppress(OSError, http.client.HTTPException):
            stack.get("/gate?secret=1")

    waiting = [threading.Thread(target=ask) for _ in range(count)]
    for thread in waiting:
        thread.start()
    try:
        yield
    finally:
        stack.write("open", "")
        for thread in waiting:
            thread.join(60)
        (stack.project / "open").unlink()


def test_all_views_agree_with_a_load_whose_numbers_are_known(served: Stack) -> None:
    token = token_of(served)
    asked = (2, 2, 3)  # busy, slots, waiting

    def shown() -> Any:
        return json.loads(fetch(served, f"/api/snapshot?token={token}"))

    with at_the_gate(served, 5):
        status = until(
            lambda: (found := served.status())["backlog"]["queued"] == 3 and found, what="three wait"
        )
        assert (status["server"]["busy"], status["server"]["slots"], status["backlog"]["queued"]) == asked
        top = served.run("top", "--json").json
        assert (top["busy"], top["slots"], top["backlog"]["queued"]) == asked
        page = until(lambda: (found := shown())["backlog"]["queued"] == 3 and found, what="the page")
        assert (page["busy"], page["slots"], page["backlog"]["queued"]) == asked
        lanes = [core for worker in page["workers"] for core in worker["cores"]]
        assert [(core["method"], core["path"]) for core in lanes] == [("GET", "/gate")] * 2
        assert len({core["request_id"] for core in lanes}) == 2
        assert "secret" not in json.dumps(page)
        found = until(lambda: (m := metrics(served))["enuf_backlog_queued", ""] == 3 and m, what="/metrics")
        assert (found["enuf_threads_busy", ""], found["enuf_threads", ""]) == asked[:2]
        assert found["enuf_workers", "busy"] == 1
        text = served.run("top", "--once").out
        assert "2 of 2 busy   waiting 3 of" in text
        assert text.count("█ GET /gate") == 2
        screen = served.run("status").out
        assert "threads    2 of 2 busy" in screen
        (in_status,), (in_top,) = status["server"]["workers"], top["workers"]
        assert (in_status["pss_bytes"] or 0) == pytest.approx(in_top["pss_bytes"] or 0, rel=0.3)
        measure = "RSS" if in_top["pss_bytes"] is None else "PSS"
        assert re.search(rf"worker 1 .* \d+ MB {measure} ", screen)
        assert re.search(rf"memory \d+ MB {measure} ", text) and re.search(
            rf"g1 w1 .* \d+ MB {measure} ", text
        )
        assert "waiting    3 of" in screen
    assert until(lambda: requests_counted(served).get("200") == 5, what="five answers")
    page = until(lambda: (found := shown())["busy"] == 0 and found, what="the page at rest")
    # The tile and the last point of its chart are over the same seconds.
    assert page["history"][-1]["latency"] == page["window"]["latency"]


def test_once_says_how_it_is_in_whole_rows(served: Stack) -> None:
    served.get("/?password=secret")
    lines = served.run("top", "--once").out.splitlines()
    assert "…" not in "".join(lines)
    assert lines[0].startswith(f"serving   {served.url}")
    for word in ("answers", "time", "threads", "happened"):
        assert any(line.startswith(word) for line in lines)
    assert "secret" not in "\n".join(lines)


def test_into_a_pipe_it_writes_lines_until_it_is_interrupted(served: Stack) -> None:
    process = served.start("top", "--every", "200ms")
    assert process.stdout is not None
    for _ in range(3):
        line = process.stdout.readline()
        assert "serving" in line
        assert "busy 0/2" in line
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == 130


def test_at_a_terminal_keys_scroll_sort_and_explain(served: Stack) -> None:
    with at_terminal(served, "top", "--every", "60s") as terminal:
        terminal.shows("q quit   ? help   s routes by time   t threads by number")
        terminal.press(b"\x1b[6~")
        terminal.shows("enuf starts, pid ")
        terminal.press(b"s")
        terminal.shows("s routes by rate")
        terminal.press(b"?")
        terminal.shows("sort the routes: time, rate, p95, errors")
        terminal.press(b"\x1b")
        until(lambda: terminal.read().count("routes by rate") >= 2, what="the screen again")
        terminal.press(b"\x1b")
        assert terminal.ends() == 0


@pytest.mark.parametrize("key", [b"q", CTRL_C])
def test_at_a_terminal_it_is_a_screen_that_a_key_leaves(served: Stack, key: bytes) -> None:
    with at_terminal(served, "top", "--every", "200ms") as terminal:
        terminal.shows("serving")
        before = terminal.raw.count(b"serving")
        until(lambda: terminal.read() and terminal.raw.count(b"serving") > before, what="a second look")
        terminal.press(key)
        assert terminal.ends() == 0
        assert "\x1b[?1049l" in terminal.read(), "the screen that was there before is there again"
        assert "Traceback" not in terminal.read()


def test_with_nothing_running_it_says_so(tmp_path: Path) -> None:
    with with_dashboard(tmp_path / "shop", APP) as stack:
        assert_refused(stack.run("top", "--once"), 3, "enuf up")
        assert_refused(stack.run("top", "--stats", "127.0.0.1:1"), 1, "no statistics", "stats")
        assert_refused(stack.run("top", "--stats", "nowhere"), 2, "has no port")


def test_the_stack_going_down_is_seen_and_does_not_end_it(tmp_path: Path) -> None:
    with with_dashboard(tmp_path / "shop", APP) as stack:
        stack.up()
        process = stack.start("top", "--every", "200ms")
        assert process.stdout is not None
        assert "serving" in process.stdout.readline()
        stack.run("down")
        while "gone" not in process.stdout.readline():
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        process.wait(60)


@contextlib.contextmanager
def foreign_uwsgi(folder: Path, *options: str) -> Iterator[None]:
    """A uWSGI that somebody else started, with one busy thread of two."""
    (folder / "app.py").write_text(
        "import os, time\n"
        "def application(environ, start_response):\n"
        "    open('taken', 'w').close()\n"
        "    while not os.path.exists('open'):\n"
        "        time.sleep(0.05)\n"
        "    start_response('200 OK', [])\n"
        "    return [b'']\n"
    )
    uwsgi = [
        str(Path(sys.executable).parent / "uwsgi"),
        "--wsgi-file",
        "app.py",
        "--master",
        "--threads",
        "2",
        "--die-on-term",
    ]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            [*uwsgi, "--http-socket", "app.sock", *options],
            cwd=folder,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        client = socket.socket(socket.AF_UNIX)
        try:
            until(
                lambda: (
                    (folder / "app.sock").exists() and "spawned uWSGI worker" in (folder / "log").read_text()
                )
            )
            os.chdir(folder)  # the path of a unix socket is limited
            client.connect("app.sock")
            client.sendall(b"GET /there HTTP/1.0\r\nCookie: secret=1\r\n\r\n")
            until((folder / "taken").exists, what="a request in progress")
            yield
        finally:
            os.chdir("/")
            (folder / "open").touch()
            client.close()
            process.terminate()
            process.wait(60)


@pytest.mark.parametrize("kind", ["unix", "tcp", "http"])
def test_a_foreign_uwsgi_is_seen_through_its_stats_server(tmp_path: Path, kind: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    address = str(tmp_path / "stats") if kind == "unix" else f"127.0.0.1:{port}"
    options = ("--stats", address, *(("--stats-http",) if kind == "http" else ()))
    with foreign_uwsgi(tmp_path, *options):
        asked = [sys.executable, "-m", "enuf", "top", "--stats", address]
        done = subprocess.run([*asked, "--json"], capture_output=True, text=True, timeout=60, check=True)
        found = json.loads(done.stdout)
        assert (found["server"]["version"], found["busy"], found["slots"]) == ("2.0.30", 1, 2)
        (worker,) = found["workers"]
        assert worker["cores"][0]["path"] == "/there" or worker["cores"][1]["path"] == "/there"
        assert worker["rss_bytes"] > 2**20
        assert "secret" not in done.stdout
        text = subprocess.run(
            [*asked, "--once"], capture_output=True, text=True, timeout=60, check=True
        ).stdout
        assert "1 of 2 busy" in text
        assert "GET /there" in text
