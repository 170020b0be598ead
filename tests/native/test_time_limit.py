"""A request that hangs is ended, whatever its thread does, and an answer that ends early never looks whole."""

from __future__ import annotations

import http.client
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing

import msgspec
import pytest

from enuf.plan.topologies import FRONTS, TOPOLOGIES
from tests.support.at_once import on_each
from tests.support.stack import APP, Response, Stack, stack_in, until

# All rows at the same time: their tests are mostly waiting.
pytestmark = [pytest.mark.native, pytest.mark.xdist_group("time-limit")]

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
            time.sleep(1)
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
TIMEOUT = 4
SERVED = [row.id for row in TOPOLOGIES.values() if row.server in ("uwsgi", "gunicorn", "granian")]
STREAMS = ("/goes-on", "/breaks", "/stops")
Rows = dict[str, Stack]


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rows]:
    """A stack for each row of the table; each has one process, so that no other one answers for it."""
    folder = tmp_path_factory.mktemp("limit")
    env = {"ENUF_SERVE_USER": "root"}
    with ExitStack() as running:
        stacks = {name: running.enter_context(stack_in(folder / name, env=env)) for name in SERVED}
        settings = f'timeout = "{TIMEOUT}s"\nprocesses = 1\nthreads = 4\nlink = "127.0.0.1:0"\n'
        for name, stack in stacks.items():
            stack.write("app.py", APP + MORE)
            stack.write("enuf.toml", f'topology = "{name}"\n[serve]\n{settings}')
        on_each(stacks, Stack.up)
        yield stacks


class Part(msgspec.Struct):
    """What came of an answer."""

    status: int
    body: bytes
    whole: bool


def read(stack: Stack, path: str) -> Part:
    connection = http.client.HTTPConnection("127.0.0.1", stack.port, timeout=60)
    with closing(connection):
        connection.request("GET", path)
        try:
            answer = connection.getresponse()
            return Part(answer.status, answer.read(), whole=True)
        except http.client.IncompleteRead as error:
            return Part(answer.status, error.partial, whole=False)
        except (http.client.RemoteDisconnected, ConnectionResetError):
            return Part(0, b"", whole=False)


@pytest.fixture(scope="module")
def streams(rows: Rows) -> dict[str, dict[str, Part]]:
    """What came of the streams, by row and path; each is read to its end, all at the same time."""

    def all_of(stack: Stack) -> dict[str, Part]:
        with ThreadPoolExecutor(len(STREAMS)) as visitors:
            return dict(zip(STREAMS, visitors.map(lambda path: read(stack, path), STREAMS), strict=True))

    return on_each(rows, all_of)


def told(stack: Stack, record: str) -> str:
    """Return enuf.log from this record on."""
    found: re.Match[str] = until(lambda: re.search(rf"{record}[\s\S]*", stack.log("enuf.log")), what=record)
    return found.group()


def known_id(stack: Stack, answer: Response) -> str:
    has_front = TOPOLOGIES[stack.project.name].front in FRONTS
    return answer.headers["X-Request-ID"] if has_front else "unknown"


def test_an_app_that_waits_in_python_runs_its_finally_and_the_worker_goes_on(rows: Rows) -> None:
    def check(stack: Stack) -> None:
        before = stack.get("/pid").text
        answer = stack.get("/loop")
        assert (answer.status, stack.get("/pid").text) == (504, before)
        assert (stack.project / "finally").exists()
        record = told(stack, f"hung request ended: GET /loop id={known_id(stack, answer)}")
        assert re.search(r'app.py", line \d+,? in loop', record), record

    on_each(rows, check)


def test_threads_that_wait_in_c_are_answered_for_and_their_siblings_finish(rows: Rows) -> None:
    def check(stack: Stack) -> None:
        before = stack.get("/pid").text
        with ThreadPoolExecutor(3) as visitors:
            uploads = [visitors.submit(stack.request, "POST", "/hang", b"x" * 2_000_000) for _ in range(2)]
            until(lambda: stack.get("/slow?seconds=1").status == 200, what="the app serves beside them")
            until(lambda: "hung request: POST /hang" in stack.log("server.log"), what="their limit")
            # It is in work when their threads are given up, GRACE_S after the limit.
            sibling = visitors.submit(stack.get, "/slow?seconds=2.5")
            answers = [upload.result() for upload in uploads]
            assert [answer.status for answer in answers] == [504, 504]
            assert (sibling.result().status, sibling.result().text) == (200, "version 1\n")
        until(lambda: stack.get("/pid").text != before, what="a new worker")
        for answer in answers:
            record = told(stack, f"hung request ended: POST /hang id={known_id(stack, answer)}")
            assert re.search(r'app.py", line \d+,? in hang', record), record

    on_each(rows, check)


def test_a_visitor_cannot_make_a_request_look_as_if_it_had_waited(rows: Rows) -> None:
    for name, stack in rows.items():
        assert stack.get("/pid", **{"X-Request-Start": "t=1000000000.000"}).status == 200, name


def test_a_stream_that_goes_on_is_not_hung(streams: dict[str, dict[str, Part]]) -> None:
    whole = Part(200, b"row 0\nrow 1\nrow 2\nrow 3\nrow 4\n", whole=True)
    assert {name: found["/goes-on"] for name, found in streams.items()} == dict.fromkeys(SERVED, whole)


def test_events_arrive_at_once(rows: Rows) -> None:
    """The first one is there while the app is still writing the last."""

    def check(stack: Stack) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", stack.port, timeout=60)
        with closing(connection):
            connection.request("GET", "/goes-on?type=text/event-stream")
            answer = connection.getresponse()
            assert answer.read1(1000) == b"row 0\n"
            assert "X-Accel-Buffering" not in answer.headers

    on_each(rows, check)


def counts_a_cut_answer(stack: Stack) -> None:
    until(lambda: stack.status()["answers"]["cut"] > 0, what="the count of cut answers")
    assert re.search(r"answers +\d+ ended early", stack.run("status").out)


@pytest.mark.parametrize("path", ["/breaks", "/stops"])
def test_an_answer_that_ends_early_does_not_look_whole_and_is_written_down(
    rows: Rows, streams: dict[str, dict[str, Part]], path: str
) -> None:
    for name, stack in rows.items():
        found = streams[name][path]
        assert not found.whole and found.body in (b"", b"row 1\n"), (name, found)
        assert "after 6 bytes" in told(stack, rf"warning: answer cut short: GET {path} id="), name
    on_each(rows, counts_a_cut_answer)


def test_a_worker_in_which_python_stands_still_is_ended(rows: Rows) -> None:
    def check(stack: Stack) -> None:
        before = stack.get("/pid").text
        assert read(stack, "/stands-still").status in (0, 502, 504)
        until(lambda: stack.get("/pid").text != before, what="a new worker")

    on_each(rows, check)
