"""Who may look at the dashboard, and what a hostile or broken client cannot do to it."""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from werkzeug.test import Client

from enuf.model.address import TcpAddress
from enuf.web.access_policy import AccessPolicy
from enuf.web.log_search import LONGEST_LINE, LogSearch, SearchBusy
from tests.browser import recorded
from tests.browser.served import TOKEN, Held, dashboard_of, served
from tests.support.stack import until

SECRET = "what only the owner may read"


class Visitor:
    """Somebody who sends requests to the dashboard."""

    def __init__(self, port: int) -> None:
        self.port = port

    def ask(
        self, path: str, method: str = "GET", **headers: str
    ) -> tuple[int, http.client.HTTPMessage, bytes]:
        """Status, headers and body of the answer; header names are written with underscores."""
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)) as connection:
            connection.putrequest(method, path, skip_host=True)
            sent = {"Host": f"127.0.0.1:{self.port}"} | {
                name.replace("_", "-"): value for name, value in headers.items()
            }
            for name, value in sent.items():
                if value:
                    connection.putheader(name, value.encode())
            connection.endheaders()
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()

    def status(self, path: str, method: str = "GET", **headers: str) -> int:
        """The status alone."""
        return self.ask(path, method, **headers)[0]

    def owner(self, path: str, **headers: str) -> tuple[int, http.client.HTTPMessage, bytes]:
        """The same by somebody who has the token."""
        return self.ask(path, Authorization=f"Bearer {TOKEN}", **headers)


@pytest.fixture(scope="module")
def visitor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Visitor]:
    """A visitor of a dashboard whose project lies beside a secret."""
    home = tmp_path_factory.mktemp("home")
    (home / "secret.txt").write_text(SECRET)
    conf = home / "conf"
    conf.mkdir()
    (conf / "nginx.conf").write_text("events {}\n")
    (conf / "link.conf").symlink_to(home / "secret.txt")
    (conf / ".hidden").write_text(SECRET)
    (conf / "folder").mkdir()
    with served(Held(recorded.loaded, time.time()), conf) as url:
        port = urlsplit(url).port
        assert port
        yield Visitor(port)


PRIVATE = (
    "/",
    "/api/snapshot",
    "/api/findings",
    "/api/explain/U003",
    "/api/config",
    "/api/config/nginx.conf",
    "/api/logs",
)


@pytest.mark.parametrize("path", PRIVATE)
def test_without_the_right_token_nothing_is_shown(visitor: Visitor, path: str) -> None:
    attempts: tuple[tuple[str, dict[str, str]], ...] = (
        (path, {}),
        (f"{path}?token=", {}),
        (f"{path}?token=wrong", {}),
        (f"{path}?token={TOKEN}x", {}),
        (f"{path}?token={TOKEN[:-1]}", {}),
        (f"{path}?token=%ff%fe", {}),
        (path, {"Authorization": "Bearer wrong"}),
        (path, {"Authorization": f"Basic {TOKEN}"}),
        (path, {"Cookie": f"enuf_{visitor.port}=wrong"}),
        (path, {"Cookie": f"enuf={TOKEN}"}),
    )
    for address, headers in attempts:
        status, _, body = visitor.ask(address, **headers)
        assert status == 401, (address, headers)
        assert TOKEN.encode() not in body
    assert visitor.status(path, Authorization=f"Bearer {TOKEN}") == 200
    assert visitor.status(f"{path}?token={TOKEN}") == 200
    assert visitor.status(path, Cookie=f"enuf_{visitor.port}={TOKEN}") == 200


def test_a_browser_gets_a_cookie_and_an_address_without_the_token(visitor: Visitor) -> None:
    status, headers, _ = visitor.ask(f"/?token={TOKEN}", Accept="text/html,*/*")
    assert (status, headers["Location"]) == (303, "/")
    name, *flags = headers["Set-Cookie"].split("; ")
    assert name == f"enuf_{visitor.port}={TOKEN}"
    assert {"HttpOnly", "SameSite=Strict", "Path=/"} <= set(flags)


def test_the_figures_for_prometheus_need_no_token_on_this_machine(visitor: Visitor) -> None:
    status, headers, _ = visitor.ask("/metrics")
    assert status == 200
    assert headers["Content-Type"].startswith("text/plain; version=0.0.4")


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:{port}", "127.0.0.1.evil.example", "localhost.evil.example", "10.1.2.3", "[::2]", "", "127.0.0.1@evil.example"],
)  # fmt: skip
@pytest.mark.parametrize("path", ["/", "/metrics", "/api/snapshot", "/static/main.js"])
def test_a_name_that_somebody_else_pointed_at_us_gets_nothing(visitor: Visitor, host: str, path: str) -> None:
    status, headers, body = visitor.ask(
        path, Host=host.format(port=visitor.port), Authorization=f"Bearer {TOKEN}"
    )
    assert status == 403
    assert headers["Set-Cookie"] is None
    assert b"dashboard" in body


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1:{port}", "localhost:{port}", "LOCALHOST", "[::1]:{port}", "127.0.0.1:8080", "localhost"],
)
def test_every_way_to_write_this_machine_is_right_also_through_a_tunnel(visitor: Visitor, host: str) -> None:
    assert (
        visitor.status("/api/snapshot", Host=host.format(port=visitor.port), Authorization=f"Bearer {TOKEN}")
        == 200
    )


@pytest.mark.parametrize("path", [*PRIVATE, "/metrics", "/static/main.js", "/nothing"])
def test_no_page_of_another_origin_may_read_or_frame_it(visitor: Visitor, path: str) -> None:
    _, headers, _ = visitor.owner(path, Origin="http://evil.example")
    assert not [name for name in headers if name.lower().startswith("access-control-")]
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Server"] is None


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "BREW"])
def test_it_takes_no_orders(visitor: Visitor, method: str) -> None:
    status, headers, _ = visitor.ask("/api/snapshot", method, Authorization=f"Bearer {TOKEN}")
    assert (status, headers["Allow"]) == (405, "GET, HEAD")
    assert not [name for name in headers if name.lower().startswith("access-control-")]


def test_only_the_rendered_files_themselves_can_be_read(visitor: Visitor) -> None:
    assert json.loads(visitor.owner("/api/config")[2]) == ["nginx.conf"]
    assert visitor.owner("/api/config/nginx.conf")[2] == b"events {}\n"
    for name in (
        "../secret.txt", "..%2fsecret.txt", "%2e%2e%2fsecret.txt", "..%252fsecret.txt", "/etc/passwd", "%2fetc%2fpasswd",
        "link.conf", ".hidden", "folder", "nginx.conf%00", "nginx.conf/", "..", "%ff",
    ):  # fmt: skip
        for folder in ("/api/config/", "/static/", "/api/explain/"):
            status, _, body = visitor.owner(folder + name)
            assert status == 404, folder + name
            assert SECRET.encode() not in body and b"root:" not in body


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("layer=kernel", "layer"), ("status=6xx", "status"), ("status=5x", "status"), ("status=(5%2B)%2B", "status"), ("slow=-1", "slow"),
        ("slow=nan", "slow"), ("since=1e400", "since"), ("since=x", "since"), ("count=0", "count"), ("count=501", "count"), ("count=%d9%a3", "count"),
        ("id=a%20b", "id"), ("id=a%0ab", "id"), (f"id={'a' * 129}", "id"),
    ],
)  # fmt: skip
def test_a_filter_of_the_logs_that_makes_no_sense_is_refused(
    visitor: Visitor, query: str, named: str
) -> None:
    status, _, body = visitor.owner(f"/api/logs?{query}")
    assert (status, body.decode().partition(":")[0]) == (400, named)


def test_a_story_needs_the_token_and_an_id(visitor: Visitor) -> None:
    assert visitor.status("/api/story?id=abc") == 401
    assert visitor.owner("/api/story")[0] == 400
    assert json.loads(visitor.owner("/api/story?id=abc")[2])["records"] == []


def test_one_search_of_the_logs_runs_at_a_time_and_lines_are_bounded(tmp_path: Path) -> None:
    (tmp_path / "server.log").write_text(f"{'x' * 100_000}\n" * 3)
    search = LogSearch(tmp_path)
    assert [len(each.text) for each in search.last({"count": "2"}).records] == [LONGEST_LINE + 1] * 2
    with search._alone(), pytest.raises(SearchBusy):
        search.last({})
    assert len(search.last({}).records) == 3


def test_a_head_request_tells_no_more_than_a_get(visitor: Visitor) -> None:
    assert visitor.ask("/", "HEAD")[::2] == (401, b"")
    assert visitor.ask("/", "HEAD", Authorization=f"Bearer {TOKEN}")[::2] == (200, b"")


def test_an_unchanged_snapshot_is_not_sent_again(visitor: Visitor) -> None:
    status, headers, body = visitor.owner("/api/snapshot")
    assert status == 200
    assert json.loads(body)["generation"] == 3
    assert visitor.owner("/api/snapshot", If_None_Match=headers["ETag"])[0] == 304


def test_clients_that_dawdle_or_never_read_keep_nobody_waiting(visitor: Visitor) -> None:
    question = f"GET /api/snapshot HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {TOKEN}\r\n\r\n"
    with contextlib.ExitStack() as open_until_the_end:

        def connect() -> socket.socket:
            connection = socket.create_connection(("127.0.0.1", visitor.port), timeout=60)
            return open_until_the_end.enter_context(connection)

        for _ in range(20):
            connect().sendall(b"GET /api/snapshot HTTP/1.1\r\nHo")
        for _ in range(4):
            greedy = connect()
            greedy.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
            greedy.sendall(
                question.encode() * 400
            )  # a hundred megabytes of answers, of which none is ever read
        for _ in range(300):
            assert visitor.owner("/api/snapshot")[0] == 200


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"GET /metrics HTTP/1.1\r\nHost: local",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\nx",
        b"GET /static/page.js HTTP/1.1\r\nHost: localhost\r\n\r\n",
    ],
    ids=["silent", "half a head", "half a body", "an answer that nobody reads"],
)
def test_connections_of_other_local_users_do_not_shut_it(visitor: Visitor, sent: bytes) -> None:
    with contextlib.ExitStack() as open_until_the_end:
        for number in range(300):
            connection = socket.create_connection(("127.0.0.1", visitor.port), timeout=60)
            open_until_the_end.enter_context(connection).sendall(sent)
            if number % 50 == 49:
                assert visitor.status("/metrics") == 200
        assert visitor.owner("/api/snapshot")[0] == 200


@pytest.mark.parametrize("sent", [b"", b"GET /metrics HTTP/1.1\r\nX-Slow: "], ids=["silent", "trickling"])
def test_a_request_that_does_not_come_is_not_waited_for(tmp_path: Path, sent: bytes) -> None:
    with contextlib.ExitStack() as ends:
        url = ends.enter_context(served(Held(recorded.idle, time.time()), tmp_path, head_s=0.3))
        connection = socket.create_connection(("127.0.0.1", urlsplit(url).port), timeout=0.1)
        ends.enter_context(connection).sendall(sent)
        until(lambda: hung_up(connection, b"x" if sent else b""), what="the end of the connection")


def hung_up(connection: socket.socket, more: bytes) -> bool:
    """True once the server has closed the connection, on which a client goes on to send."""
    try:
        connection.sendall(more)
        return connection.recv(1) == b""
    except TimeoutError:
        return False
    except OSError:
        return True


@pytest.mark.parametrize(
    "data",
    [
        b"\x00" * 100,
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET /" + b"a" * 40_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET /api/snapshot HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999\r\n\r\n",
        b"GET http://evil.example/api/snapshot HTTP/1.1\r\nHost: evil.example\r\n\r\n",
        b"\xff\xfe / \xff\r\n\r\n",
    ],
)
def test_nonsense_is_refused_and_harms_nobody(visitor: Visitor, data: bytes) -> None:
    with socket.create_connection(("127.0.0.1", visitor.port), timeout=60) as connection:
        first = b""
        with contextlib.suppress(ConnectionError, OSError):  # it may hang up in the middle of our words
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
            first = connection.recv(65536)
    assert first == b"" or first.split(b" ")[1][:1] == b"4", first
    assert visitor.owner("/")[0] == 200


def test_the_folder_of_the_files_may_be_gone(tmp_path: Path) -> None:
    with served(Held(recorded.idle, time.time()), tmp_path / "gone") as url:
        port = urlsplit(url).port
        assert port
        assert Visitor(port).owner("/api/config")[2] == b"[]"


def test_on_all_interfaces_every_literal_address_is_ours_but_no_name() -> None:
    door = AccessPolicy(token=TOKEN, address=TcpAddress("0.0.0.0", 9191))
    assert (
        door.accepts_host("192.0.2.7:9191")
        and door.accepts_host("[2001:db8::7]:9191")
        and door.accepts_host("localhost:9191")
    )
    assert not door.accepts_host("evil.example:9191")
    assert not door.is_private
    assert AccessPolicy(token=TOKEN, address=TcpAddress("::1", 9191)).is_private


def test_beyond_this_machine_the_figures_for_prometheus_need_the_token(tmp_path: Path) -> None:
    client = Client(dashboard_of(Held(recorded.idle, time.time()), tmp_path, TcpAddress("192.0.2.7", 9191)))
    assert client.get("/metrics", headers={"Host": "192.0.2.7:9191"}).status_code == 401
    asked = client.get("/metrics", headers={"Host": "192.0.2.7:9191", "Authorization": f"Bearer {TOKEN}"})
    assert asked.status_code == 200


def test_an_empty_token_opens_nothing() -> None:
    assert not AccessPolicy(token="", address=TcpAddress("127.0.0.1", 9191)).accepts_token(["", None])
