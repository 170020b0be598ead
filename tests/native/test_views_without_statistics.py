"""What the views say of servers that tell less about themselves than uWSGI does: nothing that they do not know."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
from collections.abc import Iterator

import pytest

from tests.support.dashboard import dashboard_pid, metrics, with_dashboard
from tests.support.stack import APP, Stack, until
from tests.support.wire import head

pytestmark = pytest.mark.native

BOOM = """
@app.get("/boom")
def boom():
    raise KeyError("on purpose")
"""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """gunicorn behind nginx: one process with two threads, and a dashboard."""
    with with_dashboard(tmp_path_factory.mktemp("gunicorn") / "shop", APP + BOOM) as stack:
        stack.up("--topology", "nginx-gunicorn", "--processes", "1", "--threads", "2")
        dashboard_pid(stack)
        yield stack


def test_no_figure_about_workers_threads_and_the_queue_is_invented(served: Stack) -> None:
    with contextlib.ExitStack() as visitors:
        for _ in range(5):
            visitor = visitors.enter_context(socket.create_connection(("127.0.0.1", served.port)))
            visitor.sendall(head(path="/slow?seconds=2"))
        found = served.status()
        (worker,) = found["server"]["workers"]
        assert (worker["status"], worker["requests"]) == ("unknown", None)
        assert (found["server"]["busy"], found["backlog"]["queued"]) == (None, None)
        assert "before it has a thread" in found["notes"][0]
        names = {name for name, _ in metrics(served)}
        assert {"enuf_generation", "enuf_backlog_limit"} <= names
        assert not {"enuf_workers", "enuf_threads_busy", "enuf_backlog_queued"} & names
        screen = served.run("status").out
        assert "waiting    unknown" in screen
        assert "idle" not in screen and "0 requests" not in screen
        assert f"pid {worker['pid']}" in screen


def test_a_slow_request_and_an_error_are_shown_at_the_first_look(served: Stack) -> None:
    assert served.get("/slow?seconds=1.2").status == 200
    failed = served.get("/boom")
    assert failed.status == 500
    until(lambda: "GET /boom" in served.log("access.log"), what="nginx's line")
    text = served.run("top", "--once").out
    assert "KeyError: 'on purpose'" in text
    error = served.status()["last_error"]
    assert (error["layer"], error["id"]) == ("app", failed.headers["X-Request-ID"])
    assert "Traceback" in served.run("logs", "--id", error["id"]).out
    assert re.search(r"200 GET /slow  \d\.\d\d s: wait \+ app \d\.\d\d s  send ", text)
    assert "gunicorn does not tell when it took a request" in " ".join(text.split())
    assert "uWSGI" not in text


def test_the_servers_own_lines_are_told_from_those_of_the_app(served: Stack) -> None:
    worker = served.status()["server"]["workers"][0]["pid"]
    os.kill(worker, signal.SIGKILL)
    killed = until(
        lambda: (error := served.status()["last_error"]) and "SIGKILL" in error["text"] and error,
        what="the end of a worker",
    )
    assert killed["layer"] == "server"
    own = served.run("logs", "--layer", "server").out
    assert f"Worker (pid:{worker}) was sent SIGKILL" in own
    assert "Traceback" not in own


def test_the_limit_of_a_queue_that_a_server_made_by_itself_is_that_one_or_unknown(served: Stack) -> None:
    assert served.run("down").code == 0
    served.up("--topology", "flask")
    until(lambda: served.status()["backlog"]["queued"] == 0, what="the probe's own connection is taken")
    backlog = served.status()["backlog"]
    assert backlog["limit"] in (128, None), "what werkzeug asks for, where the kernel tells it"
