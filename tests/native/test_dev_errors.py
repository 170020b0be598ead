"""With --dev the browser of the developer shows an error of the app, and nobody else's does."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.stack import APP, Stack, stack_in, until

pytestmark = pytest.mark.native

FAILS = """
import flask

@app.get("/boom")
def boom():
    secret = "value-of-a-variable"
    raise LookupError("no <such> thing")

@app.errorhandler(500)
def sorry(error):
    return "the app's own page", 500

page = flask.Flask("other")
page.config["PROPAGATE_EXCEPTIONS"] = False

@page.get("/")
def other():
    raise LookupError("kept to itself")

class Mounted:
    def __init__(self, main):
        self.main = main

    def __call__(self, environ, start_response):
        if environ["PATH_INFO"] == "/plain":
            raise LookupError("of plain WSGI")
        if environ["PATH_INFO"] == "/other":
            return page({**environ, "PATH_INFO": "/"}, start_response)
        return self.main(environ, start_response)

app = Mounted(app)
"""
BROWSER = {"Accept": "text/html,*/*", "Host": "localhost:8000"}


@pytest.fixture(scope="module", params=["nginx-uwsgi", "nginx-gunicorn", "nginx-granian"])
def failing(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with stack_in(tmp_path_factory.mktemp("dev") / "shop", env={"ENUF_SERVE_USER": "root"}) as stack:
        stack.write("app.py", APP + FAILS)
        stack.up("--dev", "--topology", request.param, "--processes", "1")
        yield stack


def test_a_local_browser_gets_a_page_with_the_traceback_and_no_values(failing: Stack) -> None:
    answer = failing.request("GET", "/boom", headers=BROWSER)
    assert answer.status == 500
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "<h1>LookupError: no &lt;such&gt; thing</h1>" in answer.text
    assert "<p>GET /boom</p>" in answer.text
    assert "<p>app.py, line " in answer.text and "in boom" in answer.text
    assert "enuf_conforming" not in answer.text
    assert answer.text.count("value-of-a-variable") == 0
    failing.until_logged("LookupError: no <such> thing", "server.log")


def test_what_is_no_browser_gets_the_traceback_as_text(failing: Stack) -> None:
    answer = failing.request("GET", "/plain")
    assert (answer.status, answer.headers["Content-Type"]) == (500, "text/plain; charset=utf-8")
    assert answer.text.endswith("LookupError: of plain WSGI\n")


@pytest.mark.parametrize(
    "host", ["tunnel.example", "localhost.example:8000", "192.0.2.1", "127.0.0.1.nip.io"]
)
def test_a_visitor_who_asks_for_another_host_gets_the_apps_own_page(failing: Stack, host: str) -> None:
    answer = failing.request("GET", "/boom", headers={**BROWSER, "Host": host})
    assert (answer.status, answer.text) == (500, "the app's own page")
    plain = failing.request("GET", "/plain", headers={**BROWSER, "Host": host})
    assert plain.text.startswith("500 Internal Server Error\nRequest ")


def test_the_apps_own_word_on_raising_has_the_last_word(failing: Stack) -> None:
    answer = failing.request("GET", "/other", headers=BROWSER)
    assert answer.status == 500
    assert "kept to itself" not in answer.text


@pytest.mark.parametrize("said", [{"X-Forwarded-For": "192.0.2.1"}, {"X-Forwarded-For": "127.0.0.1, 192.0.2.1"}, {"Forwarded": "for=192.0.2.1"}])  # fmt: skip
def test_a_visitor_of_a_tunnel_that_asks_for_this_machine_gets_the_apps_own_page(
    failing: Stack, said: dict[str, str]
) -> None:
    answer = failing.request("GET", "/boom", headers={**BROWSER, **said})
    assert (answer.status, answer.text) == (500, "the app's own page")
    assert (
        "LookupError" in failing.request("GET", "/boom", headers={**BROWSER, "X-Forwarded-For": "::1"}).text
    )


def test_only_a_local_browser_sees_why_the_last_change_is_broken(failing: Stack) -> None:
    failing.write("app.py", f"{APP}{FAILS}\ndef broken(:\n")
    until(lambda: "SyntaxError" in failing.request("GET", "/", headers=BROWSER).text)
    others = ({"Host": "evil.test"}, {"X-Forwarded-For": "192.0.2.1"})
    answers = [failing.request("GET", "/", headers={**BROWSER, **each}) for each in others]
    assert [(each.status, each.text) for each in answers] == [(200, "version 1\n")] * 2
    failing.write("app.py", APP + FAILS)
    until(lambda: failing.request("GET", "/", headers=BROWSER).status == 200)
