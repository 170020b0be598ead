"""Limits on real servers: one client is refused with 429 and no other, too many who wait get 503 at once."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator

import pytest

from tests.support.builds import nginx_program
from tests.support.dashboard import dashboard_pid, metrics, with_dashboard
from tests.support.stack import Response, Stack, until

pytestmark = pytest.mark.native

APP = """
import os, time
from flask import Flask, request
app = Flask(__name__)

@app.route("/", methods=["GET", "POST"])
@app.route("/<path:rest>", methods=["GET", "POST"])
def page(rest=""):
    return request.remote_addr

@app.get("/own")
def own():
    return "mine", 429, {"Retry-After": "7"}

@app.get("/held/<name>/<number>")
def held(name, number):
    open(os.path.join(app.root_path, f"seen-{name}-{number}"), "w").close()
    while not os.path.exists(os.path.join(app.root_path, f"let-go-{name}")):
        time.sleep(0.02)
    return "done"
"""
SETTINGS = """
[limits]
requests = "1/m burst 3"
connections = 2
queue = 0
[limits.paths]
"/login" = "1/m"
[serve]
processes = 1
threads = 4
hosts = ["127.0.0.1"]
health_path = "/health"
trusted_proxies = ["127.0.0.0/8"]
"""
ROWS = [
    pytest.param((row, build), marks=pytest.mark.xdist_group(f"limits-{row}"))
    for row, build in (("nginx-uwsgi", "embedded"), ("nginx-gunicorn", "system"))
]
NUMBERS = itertools.count(1)


@pytest.fixture(scope="module", params=ROWS)
def shop(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack with limits, over each wire; we are its trusted proxy, so that each test has clients of its own."""
    row, build = request.param
    nginx_program(build)
    with with_dashboard(tmp_path_factory.mktemp("limits") / "shop", APP) as stack:
        stack.write("static/site.css", "body { margin: 0 }\n")
        stack.write("enuf.toml", f'topology = "{row}"\nnginx = "{build}"\n{SETTINGS}')
        stack.up()
        yield stack


@pytest.fixture
def client() -> str:
    """The address of a new client."""
    return f"192.0.2.{next(NUMBERS)}"


def ask(stack: Stack, client: str, path: str = "/", count: int = 1) -> list[Response]:
    return [stack.get(path, X_Forwarded_For=client) for _ in range(count)]


def statuses(answers: list[Response]) -> list[int]:
    return [answer.status for answer in answers]


def test_who_asks_too_often_is_refused_and_everybody_else_is_served(shop: Stack, client: str) -> None:
    assert [each.text for each in ask(shop, client, count=3)] == [client] * 3
    (refused,) = ask(shop, client)
    assert (refused.status, refused.headers["Retry-After"]) == (429, "60")
    assert "Too many requests" in refused.text and refused.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert statuses(ask(shop, "198.51.100.1")) == [200]
    shop.until_logged(f"id={refused.headers['X-Request-ID']} limit=requests host=")
    assert "limiting requests" not in shop.log("error.log")


def test_a_forged_address_does_not_help(shop: Stack, client: str) -> None:
    lists = [f"203.0.113.{number}, {client}" for number in range(4)]
    assert statuses([shop.get(X_Forwarded_For=each) for each in lists]) == [200, 200, 200, 429]


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded"])
def test_a_client_of_ipv6_is_its_network(shop: Stack, header: str) -> None:
    number = next(NUMBERS)

    def answers(*addresses: str) -> list[int]:
        form = 'for="[{}]"' if header == "Forwarded" else "{}"
        return statuses([shop.request("GET", "/", headers={header: form.format(each)}) for each in addresses])

    network = f"2001:db8:{number}:1"
    assert answers(f"{network}::1", f"{network}:1:2:3:4", f"{network}:ffff::", f"{network}::2") == [
        *[200] * 3,
        429,
    ]
    assert answers(f"2001:db8:{number}:2::1", f"2001:db8:{number}::1") == [200, 200]


def test_an_ipv4_address_that_came_over_ipv6_is_that_client(shop: Stack, client: str) -> None:
    asked = [client, f"::ffff:{client}", client, f"::ffff:{client}"]
    assert statuses([shop.get(X_Forwarded_For=each) for each in asked]) == [200, 200, 200, 429]


@pytest.mark.parametrize("path", ["/login", "/login/", "//login", "/login/more?x=1", "/%6cogin"])
def test_a_path_has_a_limit_of_its_own_beside_the_general_one(shop: Stack, client: str, path: str) -> None:
    assert statuses(ask(shop, client, path, count=2)) == [200, 429]
    assert statuses(ask(shop, client, "/logins")) == [200]


def test_static_files_and_the_health_path_do_not_count(shop: Stack, client: str) -> None:
    for path in ("/static/site.css", "/health"):
        assert statuses(ask(shop, client, path, count=6)) == [200] * 6
    assert statuses(ask(shop, client, count=4)) == [200, 200, 200, 429]
    assert statuses(ask(shop, client, "/health")) == [200]
    assert statuses(ask(shop, client, "/static/none.css")) == [429]  # the app is asked for its page


def test_a_429_of_the_app_is_passed_on_and_is_no_limit_of_ours(shop: Stack, client: str) -> None:
    (answer,) = ask(shop, client, "/own")
    assert (answer.status, answer.text, answer.headers["Retry-After"]) == (429, "mine", "7")
    shop.until_logged(f"id={answer.headers['X-Request-ID']} limit= host=")


class Held:
    """Requests that the app holds until they are let go."""

    def __init__(self, stack: Stack, name: str, clients: list[str]) -> None:
        self._stack, self._name = stack, name
        self.answers: list[Response] = []
        self._threads = [
            threading.Thread(target=self._ask, args=(client, number)) for number, client in enumerate(clients)
        ]
        for number, thread in enumerate(self._threads):
            thread.start()
            until((stack.project / f"seen-{name}-{number}").exists, what=f"request {number} in the app")

    def _ask(self, client: str, number: int) -> None:
        self.answers += ask(self._stack, client, f"/held/{self._name}/{number}")

    def let_go(self) -> list[int]:
        """Let the app answer, and return the statuses."""
        self._stack.let_go(self._name)
        for thread in self._threads:
            thread.join()
        return statuses(self.answers)


def test_one_client_has_no_more_requests_in_the_app_than_allowed(shop: Stack, client: str) -> None:
    held = Held(shop, f"one-{client}", [client] * 2)
    (refused,) = ask(shop, client)
    others = statuses(ask(shop, "198.51.100.2"))
    assert held.let_go() == [200, 200]
    assert (refused.status, others) == (429, [200])
    shop.until_logged(f"id={refused.headers['X-Request-ID']} limit=connections host=")


def test_who_would_wait_behind_too_many_gets_503_at_once(shop: Stack, client: str) -> None:
    held = Held(shop, f"all-{client}", [f"198.51.100.{number}" for number in range(11, 15)])
    (refused,) = ask(shop, client)
    assert held.let_go() == [200] * 4
    assert (refused.status, refused.headers["Retry-After"]) == (503, "5")
    until(lambda: statuses(ask(shop, f"192.0.2.{next(NUMBERS)}")) == [200], what="room again")


def test_what_was_refused_is_in_the_metrics_and_the_status(shop: Stack, client: str) -> None:
    dashboard_pid(shop)
    before = metrics(shop).get(("enuf_limited_requests_total", "requests"), 0)
    assert statuses(ask(shop, client, "/login", count=3)) == [200, 429, 429]
    until(lambda: metrics(shop).get(("enuf_limited_requests_total", "requests"), 0) >= before + 2, what="two")
    counted = until(
        lambda: (many := shop.status()["limited"].get("requests", 0)) >= before + 2 and many,
        what="the status",
    )
    assert f"{counted} requests" in shop.run("status").out
