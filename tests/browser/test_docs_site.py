"""The documentation as a site: in a browser, its search finds words of both languages without asking another host."""

from __future__ import annotations

import functools
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, expect

from tests.browser.chromium import Watched, opened

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.native


class Silent(SimpleHTTPRequestHandler):
    """Serves files, and writes no log."""

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the built site."""
    folder = tmp_path_factory.mktemp("site")
    subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--quiet", "--site-dir", folder], cwd=ROOT, check=True
    )
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Silent, directory=folder))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def find(watched: Watched, word: str, target: str) -> Locator:
    """Search the word, and wait for the link to the page. Return all links, the best first."""
    page = watched.page
    page.locator("pagefind-modal input").fill(word)
    expect(page.locator("pagefind-summary")).to_contain_text(word)
    links = page.locator("pagefind-results a")
    expect(links.and_(page.locator(f'[href="{target}"]')).first).to_be_visible()
    return links


def test_the_search_of_a_korean_page_finds_words_with_particles_and_korean_pages_first(
    browser: Browser, site: str
) -> None:
    with opened(browser, f"{site}/ko/how-to/reload/") as watched:
        expect(watched.page.locator("html")).to_have_attribute("lang", "ko")
        watched.page.keyboard.press("Control+k")
        find(watched, "다운로드", "/ko/how-to/static-files/")
        find(watched, "업로드를", "/ko/reference/rules/n008/")
        best = find(watched, "harakiri", "/ko/reference/rules/u004/").first
        expect(best).to_have_attribute("href", "/ko/reference/rules/u004/")


def test_the_search_of_an_english_page_finds_english_pages_first_and_korean_words_too(
    browser: Browser, site: str
) -> None:
    with opened(browser, f"{site}/en/how-to/reload/") as watched:
        watched.page.keyboard.press("Control+k")
        find(watched, "trusted_proxies", "/en/how-to/front/")
        find(watched, "downloading", "/en/how-to/static-files/")  # another form of the word in the page
        best = find(watched, "harakiri", "/en/reference/rules/u004/").first
        expect(best).to_have_attribute("href", "/en/reference/rules/u004/")
        find(watched, "다운로드", "/ko/how-to/static-files/")
        watched.page.keyboard.press("Escape")
        watched.page.get_by_role("link", name="한국어").click()
        watched.page.wait_for_url(f"{site}/ko/how-to/reload/")
