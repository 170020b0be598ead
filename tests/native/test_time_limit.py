"""A request that hangs is ended, whatever its thread does, and an answer that ends early never looks whole."""

from __future__ import annotations

import http.client
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import msgspec
import pytest

from enuf.plan.topologies import FRONTS, TOPOLOGIES
from tests.support.stack import APP, Response, Stack, stack_in, until

pytestmark = pytest.mark.native

MORE = """
import ctypes, itertools

@app.route("/hang", methods=["GET", "POST"])
def hang():
    request.get_data()
    time.sleep(600)

@app.get("/loop")
def loop():
    try:
        while True:
            time.sleep(0.02)
    except Exception:
        return "taken for an error of the app"
    finally:
        open("finally", "w").close()

@app.get("/goes-on")
def goes_on():
    def parts():
        for number in range(5):
            yield f"row {number}\\n"
            time.sleep(0.6)
    return app.response_class(parts(), mimetype=request.args.get("type", "text/csv"))

@app.get("/breaks")
def breaks():
    def parts():
        yield "row 1\\n"
        raise RuntimeError("in the middle")
    return app.response_class(parts(), mimetype="text/csv")

@app.get("/stops")
def stops():
    def parts():
        yield "row 1\\n"
        while True:
            time.sleep(0.02)
    return app.response_class(parts(), mimetype="text/csv")

@app.get("/stands-still")
def stands_still():
    ctypes.PyDLL(None).sleep(60)
"""
TIMEOUT = 2
SERVED = [row.id for row in TOPOLOGIES.values() if row.server in ("uwsgi", "gunicorn")]
ROWS = [pytest.param(name, marks=pytest.mark.xdist_group(f"limit-{name}")) for name in SERVED]


@pytest.fixture(scope="module", params=ROWS)
def limited(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """One process, so that nobody else answers for it."""
    project = tmp_path_factory.mktemp("limit") / "shop"
    with stack_in(project, env={"ENUF_SERVE_USER": "root"}) as stack:
        stack.write("app.py", APP + MORE)
        settings = f'timeout = "{TIMEOUT}s"\nprocesses = 1\nthreads = 3\nlink = "127.0.0.1:0"\n'
        stack.write("enuf.toml", f'topology = "{request.param}"\n[serve]\n{settings}')
        stack.up()
        yield stack


class Part(msgspec.Struct):
    """What came of an answer."""

    status: int
    body: bytes
    whole: bool


def read(stack: Stack, path: str) -> Part:
    connection = http.client.HTTPConnection("127.0.0.1", stack.port, timeout=30)
    with closing(connection):
        connection.request("GET", path)
        try:
            answer = connection.getresponse()
            return Part(answer.status, answer.read(), whole=True)
        except http.client.IncompleteRead as error:
            return Part(answer.status, error.partial, whole=False)
        except (http.client.RemoteDisconnected, ConnectionResetError):
            return Part(0, b"", whole=False)


def told(stack: Stack, record: str) -> str:
    """Return enuf.log from this record on."""
    found: re.Match[str] = until(lambda: re.search(rf"{record}[\s\S]*", stack.log("enuf.log")), what=record)
    return found.group()


def known_id(stack: Stack, answer: Response) -> str:
    has_front = TOPOLOGIES[stack.status()["topology"]].front in FRONTS
    return answer.headers["X-Request-ID"] if has_front else "unknown"


def test_an_app_that_waits_in_python_runs_its_finally_and_the_worker_goes_on(limited: Stack) -> None:
    before = limited.get("/pid").text
    answer = limited.get("/loop")
    assert (answer.status, limited.get("/pid").text) == (504, before)
    assert (limited.project / "finally").exists()
    record = told(limited, f"hung request ended: GET /loop id={known_id(limited, answer)}")
    assert re.search(r'app.py", line \d+,? in loop', record), record


def test_threads_that_wait_in_c_are_answered_for_and_their_siblings_finish(limited: Stack) -> None:
    before = limited.get("/pid").text
    with ThreadPoolExecutor(3) as visitors:
        uploads = [visitors.submit(limited.request, "POST", "/hang", b"x" * 2_000_000) for _ in range(2)]
        until(lambda: limited.get("/slow?seconds=1.5").status == 200, what="the app serves beside them")
        sibling = visitors.submit(limited.get, f"/slow?seconds={TIMEOUT - 0.3}")
        answers = [upload.result() for upload in uploads]
        assert [answer.status for answer in answers] == [504, 504]
        assert (sibling.result().status, sibling.result().text) == (200, "version 1\n")
    until(lambda: limited.get("/pid").text != before, what="a new worker")
    for answer in answers:
        record = told(limited, f"hung request ended: POST /hang id={known_id(limited, answer)}")
        assert re.search(r'app.py", line \d+,? in hang', record), record


def test_a_visitor_cannot_make_a_request_look_as_if_it_had_waited(limited: Stack) -> None:
    assert limited.get("/pid", **{"X-Request-Start": "t=1000000000.000"}).status == 200


def test_a_stream_that_goes_on_is_not_hung(limited: Stack) -> None:
    assert read(limited, "/goes-on") == Part(200, b"row 0\nrow 1\nrow 2\nrow 3\nrow 4\n", whole=True)


def test_events_arrive_at_once(limited: Stack) -> None:
    """The first one is there while the app is still writing the last."""
    connection = http.client.HTTPConnection("127.0.0.1", limited.port, timeout=30)
    with closing(connection):
        connection.request("GET", "/goes-on?type=text/event-stream")
        answer = connection.getresponse()
        assert answer.read1(1000) == b"row 0\n"
        assert "X-Accel-Buffering" not in answer.headers


@pytest.mark.parametrize("path", ["/breaks", "/stops"])
def test_an_answer_that_ends_early_does_not_look_whole_and_is_written_down(limited: Stack, path: str) -> None:
    found = read(limited, path)
    assert not found.whole and found.body in (b"", b"row 1\n"), found
    assert "after 6 bytes" in told(limited, rf"warning: answer cut short: GET {path} id=")
    until(lambda: limited.status()["answers"]["cut"] > 0, what="its count")
    assert re.search(r"answers +\d+ ended early", limited.run("status").out)


def test_a_worker_in_which_python_stands_still_is_ended(limited: Stack) -> None:
    before = limited.get("/pid").text
    assert read(limited, "/stands-still").status in (0, 502, 504)
    until(lambda: limited.get("/pid").text != before, what="a new worker")
