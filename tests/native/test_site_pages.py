"""A site's own pages: for the errors that nginx itself answers, and while the site is closed for maintenance."""

from __future__ import annotations

import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.builds import nginx_program, prepare, settings_of, skip_without_system_build
from tests.support.parts import RUNTIME
from tests.support.ports import free_port
from tests.support.stack import Response, Stack, stack_in, until
from tests.support.wire import head, send_one
from tests.unit.install.test_site_file import site_plan, text_of

pytestmark = pytest.mark.native

APP = """
import os, time
from flask import Flask, abort, request
app = Flask(__name__)

@app.get("/")
def index():
    return "the app"

@app.route("/own/<int:status>", methods=["GET", "POST"])
def own(status):
    return "the app's own page", status

@app.get("/dies")
def dies():
    os._exit(1)

@app.get("/sleeps")
def sleeps():
    time.sleep(30)
    return "too late"

@app.get("/health")
def health():
    return "healthy"
"""
STATUSES = (404, 413, 502, 503, 504)
SETTINGS = """
[serve]
max_body = "1k"
timeout = "4s"
prefix = "/shop"
processes = 1
threads = 2
trusted_proxies = ["127.0.0.1"]
health_path = "/health"
[reload]
health = "/health"
[http]
maintenance = "pages/closed.html"
maintenance_allow = ["192.0.2.7", "2001:db8::/32"]
[http.error_pages]
"""
BUILD_OF = {"nginx-uwsgi": "system", "nginx-gunicorn": "embedded"}


@pytest.fixture(scope="module", params=BUILD_OF)
def shop(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A site with pages of its own, once per wire and build."""
    project = tmp_path_factory.mktemp("pages") / "my shop"
    prepare(project, BUILD_OF[request.param])
    with stack_in(project) as stack:
        stack.write("app.py", APP)
        stack.write("static/a.css", "a{}")
        stack.write("pages/closed.html", "<h1>closed 한글</h1>")
        for status in STATUSES:
            stack.write(f"pages/{status}.html", f"<h1>our page for {status}</h1>")
        pages = "".join(f'"{status}" = "./pages/{status}.html"\n' for status in STATUSES)
        stack.write(
            "enuf.toml",
            f'topology = "{request.param}"\n{settings_of(BUILD_OF[request.param])}{SETTINGS}{pages}',
        )
        stack.up()
        yield stack


@pytest.fixture
def closed(shop: Stack) -> Iterator[Stack]:
    """The site, closed for maintenance."""
    assert shop.run("maintenance", "on").out == "maintenance is on\n"
    yield shop
    assert shop.run("maintenance", "off").out == "maintenance is off\n"


def is_ours(answer: Response, status: int) -> bool:
    """True for the site's own page, with the status of the error and the headers of every answer."""
    page = f"<h1>our page for {status}</h1>"
    kept = (
        answer.headers.get("Content-Type"),
        answer.headers.get("Cache-Control"),
        len(answer.headers.get("X-Request-ID", "")),
    )
    return (answer.status, answer.text, kept) == (status, page, ("text/html; charset=utf-8", "no-store", 32))


@pytest.mark.parametrize("status", [400, 404, 413, 500, 502, 503, 504])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_the_apps_own_error_pages_are_never_replaced(shop: Stack, status: int, method: str) -> None:
    answer = shop.request(method, f"/shop/own/{status}")
    assert (answer.status, answer.text) == (status, "the app's own page")


def test_what_nginx_itself_refuses_has_the_sites_own_page(shop: Stack) -> None:
    assert is_ours(shop.get("/elsewhere"), 404)
    for method in ("POST", "PUT", "DELETE"):
        assert is_ours(shop.request(method, "/shop/own/200", b"x" * 2000), 413)
        assert is_ours(shop.request(method, "/elsewhere", b"x"), 404)


def test_an_app_that_gives_no_answer_has_the_sites_own_page(shop: Stack) -> None:
    assert is_ours(shop.get("/shop/dies"), 502)
    until(lambda: shop.get("/shop/").status == 200)
    assert is_ours(shop.get("/shop/sleeps"), 504)  # ended by the wrapper, not by nginx


@pytest.mark.parametrize(
    "path",
    [
        "/.enuf/pages/502",
        "/.enuf/pages/maintenance",
        "/.enuf/closed",
        "/.enuf/answers/504",
        "/.enuf/pages/../closed",
    ],
)
def test_a_page_has_no_url_of_its_own(shop: Stack, path: str) -> None:
    assert b"our page for 50" not in shop.get(path).body
    assert shop.get(path).status in (400, 404)


def test_a_page_that_was_removed_leaves_nginxs_own_words(shop: Stack) -> None:
    page = shop.project / "pages/404.html"
    text = page.read_text()
    page.unlink()
    try:
        answer = shop.get("/elsewhere")
        assert (answer.status, "404 Not Found" in answer.text) == (404, True)
    finally:
        page.write_text(text)


def test_a_closed_site_answers_everybody_with_its_page(closed: Stack) -> None:
    for path in ("/shop/", "/shop/static/a.css", "/elsewhere", "/shop/own/404", "/shop/health/x", "/"):
        for method in ("GET", "POST", "HEAD"):
            answer = closed.request(method, path, b"x" if method == "POST" else None)
            told = (
                answer.headers["Retry-After"],
                answer.headers["Cache-Control"],
                len(answer.headers["X-Request-ID"]),
            )
            assert (answer.status, told) == (503, ("120", "no-store", 32)), (method, path)
            assert answer.text == ("" if method == "HEAD" else "<h1>closed 한글</h1>")


def test_a_closed_site_says_so_in_every_view(closed: Stack) -> None:
    shown = closed.run("top", "--once", "--json").json
    assert shown["condition"].startswith("closed for maintenance")
    assert any(each.endswith("enuf maintenance off") for each in shown["warnings"])
    assert shown["advice"] == []
    assert closed.status()["condition"].startswith("closed for maintenance")


def test_health_checks_and_named_visitors_pass_a_closed_site(closed: Stack) -> None:
    for visitor, path, status in (
        ("192.0.2.7", "/shop/", 200), ("2001:db8::1", "/shop/", 200), ("192.0.2.8", "/shop/", 503), ("198.51.100.1", "/shop/health", 200),
        ("198.51.100.1", "/.well-known/acme-challenge/abc", 404), ("198.51.100.1", "/.enuf/pages/maintenance", 404),
        ("198.51.100.1", "/.enuf/none", 404), ("198.51.100.1", "/shop/../.enuf/pages/../../shop/", 503),
    ):  # fmt: skip
        answer = send_one(closed, head(f"X-Forwarded-For: {visitor}", path=path))
        assert answer.status == status, (visitor, path)


def test_the_status_says_that_the_site_is_closed_and_a_reload_leaves_it_closed(shop: Stack) -> None:
    assert shop.status()["maintenance"] == "off"
    failed = _last_minute(shop)["failed"]  # of the tests before
    assert shop.run("maintenance", "on", "--json").json["maintenance"] == "on"
    try:
        status = shop.run("status")
        assert (status.code, status.out.splitlines()[1][:19]) == (0, "closed     visitors"), status
        assert shop.run("reload").code == 0
        assert [shop.get("/shop/").status for _ in range(4)] == [503] * 4
        assert shop.status()["maintenance"] == "on"
    finally:
        assert shop.run("maintenance", "off").code == 0
    assert shop.get("/shop/").status == 200
    until(lambda: _last_minute(shop)["closed"] >= 4, what="the answers of the closed site")
    assert _last_minute(shop)["failed"] <= failed  # what visitors got on purpose is no error, now neither


def _last_minute(stack: Stack) -> dict[str, Any]:
    window: dict[str, Any] = stack.run("top", "--once", "--json").json["window"]
    return window


def test_the_switch_needs_a_page_and_loses_no_request_in_flight(stack: Stack) -> None:
    assert stack.run("maintenance", "on").code == 3
    stack.up()
    done = stack.run("maintenance", "on")
    assert (done.code, 'http.maintenance = "./maintenance.html"' in done.err) == (4, True), done
    assert stack.status()["maintenance"] == "none"
    stack.write("maintenance.html", "<h1>closed</h1>")
    stack.write("enuf.toml", '[http]\nmaintenance = "./maintenance.html"\n')
    assert stack.run("reload").code == 0
    answers: list[Response] = []
    asked = threading.Thread(target=lambda: answers.append(stack.get("/held/closing")))
    asked.start()
    until(lambda: stack.status()["server"]["busy"])
    assert stack.run("maintenance", "on").code == 0
    assert (stack.get("/").status, stack.get("/").text) == (503, "<h1>closed</h1>")
    stack.let_go("closing")
    asked.join(60)
    assert [(answer.status, answer.text) for answer in answers] == [(200, "version 1\n")]
    assert stack.run("down").code == 0
    again = stack.up()  # a deployment stops and starts while the site is closed
    assert "the site is still closed for maintenance: enuf maintenance off opens it" in again.err
    assert (stack.get("/").status, stack.run("maintenance", "off").code, stack.get("/").status) == (
        503,
        0,
        200,
    )


def test_an_installed_site_shows_its_page_while_the_service_is_stopped(tmp_path: Path) -> None:
    skip_without_system_build()
    port, runtime = free_port(), tmp_path / "run"
    pages = {name: tmp_path / f"{name}.html" for name in ("closed", "502")}
    for name, file in pages.items():
        file.write_text(f"page {name}")
    text = text_of(
        site_plan(http__maintenance_allow=["192.0.2.7"], static__cors=["*"], static__cache={"/static/": "1h"})
    )
    for before, after in (
        ("listen 80;", f"listen 127.0.0.1:{port};"), ("listen [::]:80;", ""), (RUNTIME, str(runtime)), ("/srv/shop/.enuf/maintenance", f"{runtime}/maintenance"),
        ("/var/log/nginx", str(tmp_path)), ("/srv/shop/closed.html", str(pages["closed"])), ("/srv/shop/502.html", str(pages["502"])),
    ):  # fmt: skip
        text = text.replace(before, after)
    temporary = "".join(
        f"{kind}_temp_path {tmp_path}/t;" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    conf = tmp_path / "nginx.conf"
    conf.write_text(
        f"daemon off; master_process off; pid {tmp_path}/pid; events {{}} http {{ access_log off; {temporary}\n{text}\n}}\n"
    )
    nginx = subprocess.Popen(
        [nginx_program("system"), "-p", tmp_path, "-e", tmp_path / "error.log", "-c", conf]
    )
    site = Stack(tmp_path)
    site.port = port
    of_the_site = {"Host": "shop.example"}

    def answer_of(method: str, path: str) -> tuple[int, str]:
        answer = site.request(method, path, headers=of_the_site)
        return answer.status, answer.text

    try:
        until(lambda: answers_at(port))
        for path in ("/", "/api/x", "/users/1"):  # the service is stopped: no runtime folder
            answer = site.request("POST", path, b"x", of_the_site)
            assert (answer.status, answer.text, answer.headers["Retry-After"]) == (503, "page closed", "120")
        runtime.mkdir()  # the service runs, and its app died
        assert answer_of("GET", "/api/x") == (502, "page 502")
        (runtime / "maintenance").write_text("")
        assert answer_of("GET", "/api/x") == (503, "page closed")
    finally:
        nginx.terminate()
        nginx.wait(60)


def answers_at(port: int) -> bool:
    """True when somebody listens at the port of this machine."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ('error_pages = { "404" = "none.html" }', "there is no file"), ('error_pages = { "404" = "app.py" }', "is no HTML file"),
        ('error_pages = { "200" = "a.html" }', "error_pages"), ('maintenance = "enuf.toml"', "is no HTML file"),
        ('maintenance = "none.html"', "there is no file"), ('maintenance_allow = ["unix:"]', "http.maintenance_allow"),
    ],
)  # fmt: skip
def test_a_wrong_page_is_refused(stack: Stack, lines: str, words: str) -> None:
    stack.write("enuf.toml", f"[http]\n{lines}\n")
    done = stack.run("plan")
    assert (done.code, words in done.err) == (4, True), done
