"""Every row of the table of topologies keeps the same promises, on both sets of servers."""

from __future__ import annotations

import contextlib
import http.client
import json
import re
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from enuf.model.topology import Topology
from enuf.plan.topologies import FRONTS, SERVERS, TOPOLOGIES
from tests.support import wsgi_corpus
from tests.support.builds import BUILDS, prepare, settings_of, skip_without_system_build
from tests.support.load import Client, LoadResult
from tests.support.oracle import Seen, oracle, seen
from tests.support.stack import APP, EVENTS, Finished, Stack, stack_in, until
from tests.support.under_load import under_load
from tests.support.wire import head, send_one

pytestmark = pytest.mark.native

STREAM = """
@app.get("/stream")
def stream():
    return (f"line {number}\\n" for number in range(3))
"""
SHOW_PATH = """
@app.errorhandler(404)
def show_path(error):
    from flask import jsonify
    return jsonify(request.path)
"""
CHECKED = """
from wsgiref.validate import validator
app.wsgi_app = validator(app.wsgi_app)
"""
CASES = """
import sys
sys.path.insert(0, __file__.rpartition("/")[0])
from wsgi_corpus import corpus
app.wsgi_app = corpus(app.wsgi_app)
"""
WITHOUT_CHUNKED_UPLOADS = {"uwsgi-http"}
SEES_NGINX_AS_THE_VISITOR = {"nginx-flask"}
"""As whoever follows the notes sees it there, and mends it with ProxyFix."""
LISTENS = '[serve]\nlink = "127.0.0.1:0"\n'
FRESH = (*[Client("/")] * 6, *[Client("/echo", "POST", body=b"x=1")] * 2, *[Client("/slow?seconds=0.2")] * 4)


def differs_by_build(row: Topology) -> bool:
    return row.front in FRONTS or SERVERS[row.server].tool == "uwsgi"


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(
            (row.id, build), id=f"{row.id}-{build}", marks=pytest.mark.xdist_group(f"{row.id}-{build}")
        )
        for row in TOPOLOGIES.values()
        for build in (BUILDS if differs_by_build(row) else BUILDS[:1])
    ],
)
def served(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The app behind one row of the table."""
    topology, build = request.param
    project = tmp_path_factory.mktemp("row") / "shop"
    if SERVERS[TOPOLOGIES[topology].server].tool == "uwsgi":
        prepare(project, build)  # the system's uWSGI runs the system's Python
    elif build == "system":
        skip_without_system_build()
    with stack_in(project, env={"ENUF_SERVE_USER": "root"}) as stack:
        stack.write("enuf.toml", f'topology = "{topology}"\n{settings_of(build)}{LISTENS}')
        stack.write("app.py", version(1, topology))
        stack.write("wsgi_corpus.py", Path(wsgi_corpus.__file__).read_text())
        stack.up()
        yield stack


def row_of(stack: Stack) -> Topology:
    return TOPOLOGIES[stack.status()["topology"]]


def version(number: int, topology: str, more: str = "") -> str:
    """An app that tells its version. wsgiref checks uWSGI; it knows nothing of `wsgi.input_terminated`, which the others use."""
    source = APP.replace('"1"', f'"{number}"') + STREAM + EVENTS + SHOW_PATH + more
    checked = CHECKED if SERVERS[TOPOLOGIES[topology].server].tool == "uwsgi" else ""
    return source + checked + CASES


TEXT = (("content-type", "text/plain"),)
BETTER = {
    "replaced": Seen(500, "Oops", b"replaced", (*TEXT, ("x-b", "of the second"))),
    "replaced-in-the-body": Seen(503, "Later", b"replaced", TEXT),
    "file-that-was-read": Seen(
        200, "OK", wsgi_corpus.BLOB[10:], (("content-type", "application/octet-stream"),)
    ),
    "error-before-the-first-byte": Seen(500),
    "body-of-str": Seen(500),
    "status-that-only-announces": Seen(500),
    "status-that-asks-to-go-on": Seen(500),
    **dict.fromkeys(wsgi_corpus.EXITS, Seen(500)),
}
"""Where gunicorn alone does less than PEP 3333 asks."""
IN_DEVELOPMENT = {"flask"}
NOT_IN_DEVELOPMENT = {
    "validated", "replaced-in-the-body", "error-before-the-first-byte", "body-of-str", "lines", "next-line", "mixed-reading", "length-twice", *wsgi_corpus.EXITS, *wsgi_corpus.REFUSED, "hop-by-hop-transfer-encoding",
    *(name for name in wsgi_corpus.CASES if name.startswith("file-") or name in ("pipe", "reader")),
}  # fmt: skip
"""What Flask's development server, which is none for the public, answers in its own way or not at all."""

WITHOUT_OWN_REASONS = {"granian"}
"""Servers that send the standard words of a status, whatever the app says."""

MAY_CUT_BEFORE_THE_HEAD = {"granian"}
"""Servers that end the connection of an answer that fails, and may not have sent its head yet: nginx says 502 then."""


@pytest.fixture(scope="module")
def right(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Seen]:
    """What gunicorn alone answers to each case."""
    with oracle(tmp_path_factory.mktemp("oracle")) as port:
        return {name: seen(port, name) for name in wsgi_corpus.CASES if name not in BETTER} | BETTER


def test_an_event_arrives_while_the_app_has_not_made_the_next_one(served: Stack) -> None:
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", served.port, timeout=60)) as connection:
        connection.request("GET", "/events", headers={"Accept-Encoding": "gzip"})
        answer = connection.getresponse()
        assert answer.read1(100) == b"data: one\n\n"
        served.let_go("events")
        assert answer.read() == b"data: two\n\n"


def test_every_case_of_wsgi_is_answered_as_by_a_conforming_server(
    served: Stack, right: dict[str, Seen]
) -> None:
    left_out = NOT_IN_DEVELOPMENT if row_of(served).server in IN_DEVELOPMENT else set()
    asked = [name for name in right if name not in left_out]
    closed = served.project / wsgi_corpus.NOTED.name
    closed.unlink(missing_ok=True)
    found = {name: seen(served.port, name) for name in asked}
    expected = {name: right[name] for name in asked}
    if row_of(served).server in MAY_CUT_BEFORE_THE_HEAD:
        expected |= {name: found[name] for name in asked if expected[name].cut and found[name] == Seen(502)}
    if row_of(served).server in WITHOUT_OWN_REASONS:
        expected["replaced-in-the-body"] = Seen(503)
        found, expected = (
            {name: replace(each, reason="") for name, each in side.items()} for side in (found, expected)
        )
    assert found == expected
    must_close = sorted(set(wsgi_corpus.MUST_CLOSE) & set(asked))
    until(
        lambda: closed.exists() and sorted(closed.read_text().split()) == must_close,
        what="one end of each body",
    )


def test_what_is_refused_is_named_in_the_log(served: Stack) -> None:
    if row_of(served).server in IN_DEVELOPMENT:
        return
    for name in ("header-with-a-newline", "status-with-a-newline", "uncaught", "too-short"):
        seen(served.port, name)
    for name in wsgi_corpus.LEFT_OUT:
        seen(served.port, name)
    log = served.log("server.log")
    told = [line for line in log.splitlines() if "] enuf: " in line]
    with_id = r"id=[0-9a-f]{32}" if row_of(served).front in FRONTS else "id=unknown"
    assert [line for line in told if re.search(rf"GET /wsgi/uncaught {with_id}: 500, because", line)], log
    assert "RuntimeError: uncaught on purpose" in log
    assert "refused: the value of the header X-A has the character '\\r'" in log
    assert r"refused: the status '200 OK\r\nX-Injected: 1' is not valid" in log
    assert [
        line for line in told if re.search(r"too-short id=\S+: answer cut short: 6 bytes of its", line)
    ], log
    for header in wsgi_corpus.HOP_BY_HOP:
        assert [line for line in told if f"the header {header} was not passed on" in line], header


def test_a_get_is_answered(served: Stack) -> None:
    answer = served.get("/")
    assert (answer.status, answer.text) == (200, "version 1\n")


def test_a_head_has_no_body(served: Stack) -> None:
    answer = send_one(served, head(method="HEAD"))
    assert (answer.status, answer.body, answer.headers["Content-Length"]) == (200, b"", "10")


def test_a_body_arrives_whole(served: Stack) -> None:
    answer = served.request("POST", "/echo", b"x" * 300_000)
    assert (answer.status, answer.json["length"]) == (200, 300_000)


def test_a_chunked_body_arrives_whole_or_the_row_says_that_it_does_not(served: Stack) -> None:
    row = row_of(served)
    pieces = b"3e8\r\n%b\r\n" % (b"x" * 1000) * 20 + b"0\r\n\r\n"
    answer = send_one(served, head("Transfer-Encoding: chunked", method="POST", path="/echo") + pieces)
    if row.id in WITHOUT_CHUNKED_UPLOADS:
        assert answer.json["length"] == 0
        assert "chunked uploads arrive empty" in row.why
    else:
        assert answer.json["length"] == 20_000


def test_a_large_cookie_fits(served: Stack) -> None:
    answer = served.get("/echo", Cookie="a=" + "c" * 20_000)
    assert len(answer.json["environ"]["HTTP_COOKIE"]) == 20_002


def test_an_answer_without_a_length_arrives_whole_and_with_nothing_added(served: Stack) -> None:
    assert served.get("/stream").text == "line 0\nline 1\nline 2\n"


def test_the_app_sees_the_path_the_host_and_the_visitor(served: Stack) -> None:
    forged = {"Host": "shop.test:8080", "X-Forwarded-Proto": "https", "X-Real-IP": "6.6.6.6"}
    visitor = http.client.HTTPConnection("127.0.0.1", served.port, source_address=("127.0.0.9", 0))
    with contextlib.closing(visitor):
        visitor.request("GET", "/echo?a=%2525", headers=forged)
        answer = visitor.getresponse()
        found = json.loads(answer.read())
    environ = found["environ"]
    sees = "127.0.0.1" if row_of(served).id in SEES_NGINX_AS_THE_VISITOR else "127.0.0.9"
    assert (environ["QUERY_STRING"], environ["REMOTE_ADDR"]) == ("a=%2525", sees)
    assert found["url"] == "http://shop.test:8080/echo?a=%2525"
    assert not [name for name, _ in answer.getheaders() if name.lower().startswith("x-enuf")]


@pytest.mark.parametrize("asked", ["/missing/a%2525b", "/missing/%ED%95%9C", "/missing/a%3Fb"])
def test_a_path_is_decoded_once(served: Stack, asked: str) -> None:
    assert (
        served.get(asked).json
        == {
            "/missing/a%2525b": "/missing/a%25b",
            "/missing/%ED%95%9C": "/missing/한",
            "/missing/a%3Fb": "/missing/a?b",
        }[asked]
    )


def test_who_waits_for_a_thread_is_counted_wherever_the_server_listens(served: Stack) -> None:
    threads, visitors = served.status()["server"], list[socket.socket]()
    if SERVERS[row_of(served).server].tool != "uwsgi":  # it takes connections before it has a thread for them
        assert not served.status()["backlog"]["queued"]
        return
    for _ in range(threads["processes"] * threads["threads"] + 3):
        visitors.append(socket.create_connection(("127.0.0.1", served.port)))
        visitors[-1].sendall(head(path="/held/queue"))
    until(lambda: served.status()["backlog"]["queued"] == 3, what="three that wait")
    served.let_go("queue")
    for visitor in visitors:
        visitor.close()


def reload_with(stack: Stack, source: str) -> tuple[LoadResult, Finished]:
    """What a load meets while this version is asked for."""
    stack.write("app.py", source)
    return under_load(stack, lambda: stack.run("reload"), clients=FRESH)


def test_new_code_is_taken_without_losing_a_request_where_the_server_can(served: Stack) -> None:
    for number in (2, 3):  # the second one takes the turn of the first one again
        count, done = reload_with(served, version(number, row_of(served).id))
        assert done.code == 0, done
        assert served.get("/").text == f"version {number}\n"
        assert not can_be_two(served) or count.failed == 0, count


def can_be_two(stack: Stack) -> bool:
    """False where the old version must be stopped before the new one can have its port."""
    return SERVERS[row_of(stack).server].takes_lent_address


def test_a_version_that_does_not_work_is_refused_and_seen_by_nobody(served: Stack) -> None:
    before = served.get("/").text
    broken = [("nowhere_to_be_found", "import nowhere_to_be_found\n")]
    if can_be_two(
        served
    ):  # else it can only be asked once it has the port; once more, because what is refused leaves nothing
        sick = "\n@app.before_request\ndef sick():\n    raise RuntimeError('on purpose')\n"
        broken += [("on purpose", version(9, row_of(served).id, sick))] * 2
    for told, source in broken:
        count, done = reload_with(served, source)
        assert done.code == 7, done
        assert told in done.err
        assert (count.failed, served.get("/").text) == (0, before), count
        assert "9" not in count.versions


def test_new_code_is_taken_while_an_older_version_still_finishes(served: Stack) -> None:
    if not can_be_two(served):  # it is stopped before the new version can be started: see above
        return
    with contextlib.closing(socket.create_connection(("127.0.0.1", served.port))) as visitor:
        visitor.sendall(head(path="/held/flight"))
        until(lambda: busy(served), what="the slow request is in work")
        for number in (5, 6):
            count, done = reload_with(served, version(number, row_of(served).id))
            assert (done.code, count.failed) == (0, 0), (done, count)
        served.let_go("flight")
        count, _ = under_load(served, lambda: received_by(visitor), clients=FRESH)
        assert (count.failed, set(count.versions)) == (0, {"6"}), count


def busy(stack: Stack) -> bool:
    """True once a thread has taken the slow request; where nobody tells, once it was sent."""
    return stack.status()["server"]["busy"] in (1, None)


def received_by(visitor: socket.socket) -> bytes:
    """The whole answer, until the connection is closed."""
    return b"".join(iter(lambda: visitor.recv(65536), b""))


def test_who_comes_while_the_stack_starts_is_served_when_it_does(tmp_path: Path) -> None:
    """Of the rows without a front: nginx, where there is one, only comes once somebody stands behind it."""
    for topology in ("uwsgi-http", "gunicorn"):
        with stack_in(tmp_path / topology, env={"ENUF_SERVE_USER": "root"}) as stack:
            stack.write("app.py", f"import time; time.sleep(1.5)\n{APP}")
            with socket.create_server(("127.0.0.1", 0)) as free:
                stack.port = free.getsockname()[1]
            starting = stack.start("up", "--topology", topology, "--listen", f"127.0.0.1:{stack.port}")
            assert until(lambda: first_answer(stack.port), what="an answer to who came early") == 200
            starting.terminate()


def first_answer(port: int) -> int:
    """The status that the first visitor to be let in gets; 0 while nobody is."""
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=60)) as connection:
        try:
            connection.request("GET", "/")
        except ConnectionRefusedError:
            return 0
        return connection.getresponse().status
