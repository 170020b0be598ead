""" "Why?" beside a failed request of a real stack: the live doctor's verdict in the page, in both languages and on a phone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.chromium import shown
from tests.support.dashboard import dashboard_pid, with_dashboard
from tests.support.stack import APP, Stack

pytestmark = [pytest.mark.native, pytest.mark.user]

DIES = """
import os, signal

@app.get("/die")
def die():
    os.kill(os.getpid(), signal.SIGKILL)
"""
PICTURES = Path(__file__).parents[2] / "build/screenshots"
PATIENCE_MS = 60_000


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack with a dashboard, in which one request has failed."""
    with with_dashboard(tmp_path_factory.mktemp("why") / "shop", APP + DIES) as running:
        running.up()
        dashboard_pid(running)
        assert running.get("/die").status == 502
        yield running


@pytest.mark.parametrize(
    ("locale", "width", "ask", "cause"),
    [
        ("en-US", 1280, "Why?", "a worker of uwsgi was killed from outside"),
        ("ko-KR", 360, "왜?", "워커"),
        ("en-US", 360, "Why?", "a worker of uwsgi was killed from outside"),
    ],
)
def test_the_verdict_appears_below_the_failed_request(
    stack: Stack, browser: Browser, locale: str, width: int, ask: str, cause: str
) -> None:
    url = stack.run("dash").out.strip()
    with shown(browser, url, locale=locale, viewport={"width": width, "height": 800}) as watched:
        page = watched.page
        error = page.locator("details", has=page.locator("summary", has_text="GET /die")).first
        error.locator("summary").first.click(timeout=PATIENCE_MS)
        error.locator("button", has_text=ask).first.click(timeout=PATIENCE_MS)
        verdict = page.locator(".why").filter(has_text="R003").first
        expect(verdict).to_be_visible(timeout=PATIENCE_MS)
        expect(verdict).to_contain_text(cause)
        expect(verdict.locator("code").first).to_contain_text("server log: ")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        PICTURES.mkdir(parents=True, exist_ok=True)
        verdict.scroll_into_view_if_needed()
        page.screenshot(path=PICTURES / f"why-{locale[:2]}-{width}.png", caret="initial")
