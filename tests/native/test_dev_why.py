"""With --dev a browser on this machine sees why the app did not answer, and nobody else's does."""

from __future__ import annotations

import stat
from collections.abc import Iterator

import pytest

from tests.support.dashboard import dashboard_pid, with_dashboard
from tests.support.stack import APP, Response, Stack, stack_in, until

pytestmark = pytest.mark.native

DIES = """
import os, signal

@app.get("/die")
def die():
    os.kill(os.getpid(), signal.SIGKILL)
"""
BROWSER = {"Accept": "text/html,*/*", "Host": "localhost:8000"}


@pytest.fixture(scope="module", params=["nginx-uwsgi", "nginx-gunicorn", "nginx-granian"])
def dying(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with with_dashboard(tmp_path_factory.mktemp("why") / "shop", APP + DIES) as stack:
        stack.up("--dev", "--topology", request.param)
        dashboard_pid(stack)
        yield stack


def shown(stack: Stack, **headers: str) -> Response:
    """Return the page once the verdict is there: the page loads itself again until then."""
    asked = {**BROWSER, **headers}

    def answer() -> Response | None:
        found = stack.request("GET", "/die", headers=asked)
        return None if 'http-equiv="refresh"' in found.text else found

    found: Response = until(answer, what="the verdict")
    return found


def test_a_local_browser_sees_the_verdict_with_its_proof(dying: Stack) -> None:
    answer = shown(dying)
    assert (answer.status, answer.headers["Content-Type"]) == (502, "text/html; charset=utf-8")
    assert "<h1>The app did not answer</h1>" in answer.text
    assert "<code>GET /die</code>" in answer.text
    assert "<b>R003</b>" in answer.text
    assert "server log: " in answer.text
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")


def test_the_verdict_is_in_the_language_of_the_browser(dying: Stack) -> None:
    answer = shown(dying, **{"Accept-Language": "ko"})
    assert '<html lang="ko">' in answer.text
    assert "앱이 응답하지 않았습니다" in answer.text
    assert "<b>R003</b>" in answer.text


@pytest.mark.parametrize(
    "headers",
    [{**BROWSER, "Host": "tunnel.example"}, {**BROWSER, "X-Forwarded-For": "192.0.2.7"}, {"Accept": "*/*"}],
)
def test_any_other_visitor_sees_the_plain_page(dying: Stack, headers: dict[str, str]) -> None:
    answer = dying.request("GET", "/die", headers=headers)
    assert answer.status == 502
    assert "The app did not answer" in answer.text
    assert "R003" not in answer.text


def test_the_socket_is_open_to_this_user_alone(dying: Stack) -> None:
    socket = (dying.project / ".enuf" / "run").resolve() / "why.sock"
    assert stat.S_IMODE(socket.stat().st_mode) == 0o600


def test_without_a_dashboard_the_plain_page_stays(tmp_path_factory: pytest.TempPathFactory) -> None:
    with stack_in(
        tmp_path_factory.mktemp("why") / "shop",
        env={"ENUF_SERVE_USER": "root", "ENUF_DASHBOARD_LISTEN": "off"},
    ) as stack:
        stack.write("app.py", APP + DIES)
        stack.up("--dev")
        answer = stack.request("GET", "/die", headers=BROWSER)
        assert (answer.status, "R003" in answer.text) == (502, False)
