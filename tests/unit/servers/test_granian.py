"""What the wrapper adds to the requests and answers of granian."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pytest

from enuf.errors import SettingsInvalid
from enuf.wrapper.granian import with_visitor
from tests.unit.install.test_site_file import site_plan

App = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
ASKED = {
    "PATH_INFO": "/a b/\u00e9",
    "QUERY_STRING": "q=1",
    "REQUEST_METHOD": "GET",
    "SCRIPT_NAME": "",
    "HTTP_X_REAL_IP": "203.0.113.7",
    "HTTP_X_FORWARDED_PROTO": "https",
    "HTTP_X_REQUEST_ID": "ab12",
}


def plain(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    start_response("200 OK", [])
    return [b""]


def asked(app: App, **more: str) -> tuple[dict[str, Any], list[Any], list[str], bytes]:
    """Ask an app. Return the environ that it got, what granian got of status and headers, the lines of the log, the body."""
    log: list[str] = []
    sent: list[Any] = []
    environ: dict[str, Any] = {**ASKED, **more}
    served = with_visitor(app, host="shop.test", several=True, log=log.append)
    body = b"".join(served(environ, lambda *found: sent.extend(found[:2])))
    return environ, sent, log, body


def test_the_app_sees_the_visitor_and_the_scheme_that_nginx_names() -> None:
    environ, *_ = asked(plain)
    assert (environ["REMOTE_ADDR"], environ["wsgi.url_scheme"]) == ("203.0.113.7", "https")
    assert (environ["SERVER_NAME"], environ["SERVER_PORT"]) == ("shop.test", "443")
    assert environ["wsgi.multiprocess"] is True


def test_the_variables_of_the_process_are_no_variables_of_a_request(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_PASSWORD", "hidden")
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.test")
    environ, *_ = asked(plain, DATABASE_PASSWORD="hidden", HTTP_PROXY="http://proxy.test", HTTP_ACCEPT="*/*")
    assert environ.keys() & {"DATABASE_PASSWORD", "HTTP_PROXY"} == set()
    assert environ["HTTP_ACCEPT"] == "*/*"


def test_the_target_of_a_request_is_quoted_again() -> None:
    environ, *_ = asked(plain)
    assert environ["REQUEST_URI"] == "/a%20b/%E9?q=1"


def test_a_host_that_granian_cannot_read_is_refused() -> None:
    assert asked(plain, HTTP_HOST="")[1] == ["400 Bad Request", [("Content-Length", "0")]]


def test_an_answer_5xx_is_a_line_with_the_id_of_its_request() -> None:
    def broken(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        start_response("503 Later", [])
        return [b"x"]

    _, _, log, _ = asked(broken)
    assert [line.split(" after ")[0] for line in log] == ["GET /a%20b/%E9?q=1 503"]
    assert log[0].endswith(" id=ab12")
    assert asked(plain)[2] == []


def test_what_the_app_writes_comes_before_its_body_and_the_body_is_closed() -> None:
    closed = []

    class Body(list[bytes]):
        def close(self) -> None:
            closed.append(True)

    def writes(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        start_response("200 OK", [])(b"one ")
        return Body([b"two"])

    log: list[str] = []
    answer: Any = with_visitor(writes, host="shop.test", several=False, log=log.append)(
        dict(ASKED), lambda *_: None
    )
    assert b"".join(answer) == b"one two"
    answer.close()
    assert closed == [True]


@pytest.mark.parametrize(
    ("given", "sent"), [("\xed\x95\x9c", "\ud55c"), ("\xe9", "\xe9"), ("plain", "plain")]
)
def test_a_header_in_latin_1_becomes_the_text_that_granian_sends_as_those_bytes(
    given: str, sent: str
) -> None:
    def named(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        start_response("200 OK", [("X-Name", given)])
        return [b""]

    assert asked(named)[1] == ["200 OK", [("X-Name", sent)]]


def test_granian_is_refused_behind_the_nginx_of_the_host() -> None:
    with pytest.raises(SettingsInvalid, match="listens at one socket"):
        site_plan(topology="nginx-granian")
