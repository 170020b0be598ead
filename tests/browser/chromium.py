"""The system's chromium, driven by Playwright, and a page that keeps account of what it does."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Error, Page, Request, expect, sync_playwright

# Without these, it looks up hosts of its maker at every start.
QUIET = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

PATIENCE_MS = 60_000
"""The browser shares its processors with everything else that runs."""
expect.set_options(timeout=PATIENCE_MS)


@contextlib.contextmanager
def chromium(env: dict[str, str | float | bool] | None = None) -> Iterator[Browser]:
    """A browser, with this environment; skips where the system has none."""
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if not program:
        pytest.skip("the system has no chromium: apt-get install chromium")
    flags = [*QUIET, *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=program, args=flags, timeout=PATIENCE_MS, env=env
        )
        try:
            yield browser
        finally:
            browser.close()


class Watched:
    """A page, the errors that it wrote to the console, and the hosts that it asked."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.troubles: list[str] = []
        self.hosts: set[str] = set()
        page.on("console", self._heard)
        page.on("pageerror", self._threw)
        page.on("request", self._asked)

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.troubles.append(message.text)

    def _threw(self, error: Error) -> None:
        self.troubles.append(str(error))

    def _asked(self, request: Request) -> None:
        self.hosts.add(urlsplit(request.url).netloc)

    def text(self, selector: str) -> str:
        """The text of the first element."""
        return self.page.locator(selector).first.inner_text()

    def focused(self, expression: str) -> Any:
        """Something about the element that has the focus."""
        return self.page.evaluate(f"document.activeElement.{expression}")


@contextlib.contextmanager
def opened(browser: Browser, url: str, **options: Any) -> Iterator[Watched]:
    """The page at the address in a fresh profile; without a word in the console at the end, unless it was taken."""
    context = browser.new_context(**{"viewport": {"width": 1400, "height": 900}, **options})
    context.set_default_timeout(PATIENCE_MS)
    try:
        watched = Watched(context.new_page())
        watched.page.goto(url)
        yield watched
        assert watched.troubles == [], watched.troubles
        assert watched.hosts <= {urlsplit(url).netloc}
    finally:
        context.close()


@contextlib.contextmanager
def shown(browser: Browser, url: str, **options: object) -> Iterator[Watched]:
    """The page with its first figures on it."""
    with opened(browser, url, **options) as watched:
        watched.page.wait_for_selector(".tile")
        yield watched
