"""The page in front of a running stack, under a load, in a real browser."""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.chromium import opened
from tests.support.dashboard import with_dashboard
from tests.support.stack import Stack

pytestmark = [pytest.mark.native, pytest.mark.user]

APP = """
import time
from flask import Flask, request
app = Flask(__name__)

@app.get("/")
def index():
    return "hello"

@app.get("/report/monthly")
def report():
    time.sleep(float(request.args.get("seconds", "0.2")))
    return "done"

@app.get("/divide")
def divide():
    return str(1 / 0)
"""
LOAD = (
    ("/",) * 40 + ("/missing",),
    ("/report/monthly?seconds=1.3", *("/",) * 30, "/divide"),
    *[("/report/monthly?seconds=0.4", "/report/monthly?seconds=0.1", *("/",) * 5)] * 9,
)
PICTURE = Path(
    os.environ.get("ENUF_SCREENSHOT") or Path(__file__).parents[2] / "build/screenshots/dashboard.png"
)
PICTURE_SPAN_S = 22 if "ENUF_SCREENSHOT" in os.environ else 0
"""For the README's picture: how long the load runs before and after one more reload."""


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack with a dashboard, two processes with two threads each, and clients that keep it busy."""
    with with_dashboard(tmp_path_factory.mktemp("live") / "shop", APP) as running:
        running.up("--processes", "2", "--threads", "2")
        ending = threading.Event()
        with ThreadPoolExecutor(len(LOAD)) as clients:
            asking = [clients.submit(ask, running, paths, ending) for paths in LOAD]
            try:
                yield running
            finally:
                ending.set()
        for each in asking:
            each.result()


def ask(stack: Stack, paths: tuple[str, ...], ending: threading.Event) -> None:
    """One client: it asks for the addresses again and again, and no answer is missing."""
    while True:
        for path in paths:
            assert stack.get(path).status == {"/missing": 404, "/divide": 500}.get(path, 200)
            if ending.wait(0.01):
                return


@pytest.fixture
def url(stack: Stack) -> str:
    """What `enuf dash` prints."""
    return stack.run("dash").out.strip()


def test_the_page_follows_a_running_stack(browser: Browser, stack: Stack, url: str) -> None:
    with opened(browser, url) as watched:
        page = watched.page
        expect(page.locator("#state")).to_contain_text("Serving generation 1")
        expect(page.locator("[data-tile=rate] .figure")).to_have_text(re.compile(r"[1-9].* /s"))
        expect(page.locator("[data-tile=busy] .figure")).to_have_text(re.compile(r"[0-4] / 4"))
        expect(page.locator(".thread.busy").first).to_contain_text("GET /report/monthly")
        expect(page.locator("#slow tbody tr").first).to_contain_text("/report/monthly")
        expect(page.locator("#slow tbody tr").first).to_contain_text(re.compile(r"app 1\.3\d s"))
        slow_route = page.locator("#routes tr", has_text="GET /report/monthly")
        expect(slow_route.locator(".numbers")).to_have_text(re.compile(r"wait .+ · app \d+ ms"))
        expect(slow_route.locator(".stands")).to_contain_text(re.compile(r"app\.py:12 in report"))
        failing = page.locator("#routes tr", has_text="GET /divide")
        expect(failing.locator(".failures")).to_have_text(re.compile(r"100 % 5xx"))
        expect(failing.locator(".stands")).to_contain_text("fails at app.py:17 in divide")
        expect(page.locator("#routes tr", has_text="(no such path)")).to_contain_text("100 % 4xx")
        paths = page.locator(".plot", has_text="Throughput").locator(".area")
        before = paths.first.get_attribute("d") or ""
        expect(paths.first).not_to_have_attribute("d", before)

        error = page.locator("#errors details", has_text="ZeroDivisionError: division by zero").first
        error.locator("summary").click()
        expect(error.locator("pre")).to_contain_text("return str(1 / 0)")

        hovered(page)
        reloads(page, stack)
    take_picture(browser, stack, url)


def hovered(page: Page) -> None:
    """Hovering the throughput tells its numbers."""
    canvas = page.locator(".plot", has_text="Throughput").locator(".canvas")
    box = canvas.bounding_box()
    assert box
    canvas.hover(position={"x": box["width"] - 12, "y": 60})
    expect(canvas.locator(".tip")).to_contain_text(re.compile(r"2xx [1-9]"))
    page.mouse.move(1, 1)


def reloads(page: Page, stack: Stack) -> None:
    """A good reload and a refused one are on the time line and in the charts."""
    assert stack.run("reload").code == 0
    expect(page.locator("#state")).to_contain_text("Serving generation 2")
    expect(page.locator("#events")).to_contain_text("reloaded: g2 serves")
    expect(page.locator(".timeline .band")).to_have_count(2)
    new, old = page.locator("#versions tbody tr").nth(0), page.locator("#versions tbody tr").nth(1)
    expect(new).to_contain_text(re.compile(r"generation 2.*since"))
    expect(old.locator(".p50")).to_have_text(re.compile(r"\d ms"))
    expect(new.locator(".p95")).to_have_text(re.compile(r"\d m?s (about|.+er$)"))
    stack.write("app.py", "import nothing_of_that_name\n")
    assert stack.run("reload").code == 7
    expect(page.locator("#alerts")).to_contain_text("No module named 'nothing_of_that_name'")
    expect(page.locator("#alerts")).to_contain_text("Generation 2 serves on.")
    expect(page.locator(".plot .mark.bad")).to_have_count(6)
    stack.write("app.py", APP)
    assert stack.run("reload").code == 0
    expect(page.locator("#alerts")).not_to_contain_text("reload refused")


def take_picture(browser: Browser, stack: Stack, url: str) -> None:
    """The screenshot of this run; `make screenshot` makes the README's one, of a longer run."""
    with opened(browser, url, viewport={"width": 1280, "height": 1130}) as watched:
        watched.page.locator("#range input").first.check(force=True)
        watched.page.locator(".thread.busy").first.wait_for()
        if PICTURE_SPAN_S:
            watched.page.wait_for_timeout(PICTURE_SPAN_S * 1000)
            assert stack.run("reload").code == 0
            watched.page.wait_for_timeout(PICTURE_SPAN_S * 1000)
            watched.page.locator(".counsel").wait_for()
        PICTURE.parent.mkdir(parents=True, exist_ok=True)
        # `caret` keeps Playwright from adding a style of its own, which the page's policy forbids.
        assert watched.page.screenshot(path=PICTURE, caret="initial").startswith(b"\x89PNG")
