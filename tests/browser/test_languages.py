"""The page in Korean: for whom, every word of it, and the way to the other language."""

from __future__ import annotations

import json
import re
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
import pytest
from playwright.sync_api import Browser, Page, expect
from werkzeug.test import Client

from enuf.model.address import TcpAddress
from enuf.web.translation import snapshot_in
from tests.browser import recorded
from tests.browser.chromium import shown
from tests.browser.project import INI, LOGS
from tests.browser.served import TOKEN, Held, dashboard_of
from tests.browser.test_page import CUT_OFF, SMALL_TARGETS

TEXTS = """() => {
  const found = [document.title];
  for (const node of document.querySelectorAll("body *")) {
    if (["SCRIPT", "CODE", "PRE"].includes(node.tagName)) continue;
    found.push(...["aria-label", "title", "placeholder"].map((name) => node.getAttribute(name) ?? ""));
    found.push(...[...node.childNodes].filter((each) => each.nodeType === 3).map((each) => each.data));
  }
  return found.map((text) => text.trim()).filter(Boolean);
}"""
WORDS = re.compile(r"[A-Za-z]{3,}")
NAMES = {
    "enuf",
    "wsgi",
    "app",
    "nginx",
    "uwsgi",
    "GET",
    "POST",
    "English",
    "CPU",
    "Prometheus",
    "JavaScript",
    "Markdown",
    "doctor",
    "com",
    "fix",
    "reload",
}
"""Words that a Korean page has too."""


def all_opened(page: Page) -> None:
    page.wait_for_selector(".findings li")
    page.locator("details").evaluate_all("all => all.forEach((each) => (each.open = true))")
    page.wait_for_selector("#logs li")


@pytest.mark.parametrize("name", ["troubled", "idle", "refused"])
def test_no_word_of_the_page_itself_is_english_in_korean(
    browser: Browser, source: Held, url: str, name: str
) -> None:
    source.show(getattr(recorded, name))
    pages = {}
    for language, locale in (("en", "en-US"), ("ko", "ko-KR")):
        with shown(browser, url, locale=locale) as watched:
            expect(watched.page.locator("html")).to_have_attribute("lang", language)
            all_opened(watched.page)
            pages[language] = watched.page.evaluate(TEXTS)
    said = snapshot_in("ko", source.now)
    from_server = json.dumps(msgspec.to_builtins(said)) + json.dumps([*LOGS.values(), INI])
    same = set(pages["ko"]) & set(pages["en"])
    assert {text for text in same if not is_of_the_server(text, from_server)} == set()
    assert sum(bool(re.search("[가-힣]", text)) for text in pages["ko"]) > 60


def is_of_the_server(text: str, from_server: str) -> bool:
    """Return True for a name, a path, and a text whose every word is in what the server has sent."""
    is_path = text.startswith("/") or text.endswith(".ini")
    is_finding = "U003" in text or "buffer-size" in text
    return (
        is_path or is_finding or all(word in from_server for word in WORDS.findall(text) if word not in NAMES)
    )


def test_a_visitor_switches_the_language_and_the_choice_stays(browser: Browser, url: str) -> None:
    with shown(browser, url, locale="ko-KR") as watched:
        page = watched.page
        expect(page.locator("#routes-title")).to_have_text("라우트")
        expect(page.locator("#state .word")).to_have_text("3세대 응답 중")
        expect(page.locator("[data-tile=rate] .figure")).to_contain_text("초당")
        page.locator("#language").click()
        expect(page.locator("#routes-title")).to_have_text("Routes")
        assert page.url == f"http://{urlsplit(url).netloc}/"
        page.reload()
        expect(page.locator("#routes-title")).to_have_text("Routes")
        page.locator("#language").click()
        expect(page.locator("#routes-title")).to_have_text("라우트")


def test_korean_fits_at_every_width(browser: Browser, source: Held, url: str) -> None:
    source.show(recorded.troubled)
    with shown(browser, url, locale="ko-KR") as watched:
        all_opened(watched.page)
        for width in (1280, 768, 360):
            watched.page.set_viewport_size({"width": width, "height": 900})
            assert watched.page.evaluate(SMALL_TARGETS) == [], width
            assert watched.page.evaluate(CUT_OFF) == [], width
            assert watched.page.evaluate("document.documentElement.scrollWidth") <= width
            routes = watched.page.locator("#routes .scroll")
            assert routes.evaluate("each => each.scrollHeight - each.clientHeight") <= 1, width


def test_the_servers_own_pages_and_refusals_are_in_the_visitors_language(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = dashboard_of(Held(recorded.idle, 1000.0), tmp_path, TcpAddress("127.0.0.1", 9191))

    def asked(path: str, **headers: str) -> str:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return Client(site).get(path, headers={"Host": "127.0.0.1:9191", **named}).text

    bearer = f"Bearer {TOKEN}"
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    assert "This dashboard is locked" in asked("/")
    assert "이 대시보드는 잠겨 있습니다" in asked("/", Accept_Language="ko")
    assert "상태(status)" in asked("/api/logs?status=x", Authorization=bearer, Accept_Language="ko")
    monkeypatch.setenv("LANG", "ko_KR.UTF-8")
    assert "이 대시보드는 잠겨 있습니다" in asked("/")
    assert "This dashboard is locked" in asked("/", Accept_Language="en")
    assert "이 대시보드의 주소가 아닙니다" in asked("/", Host="evil.example")


def test_a_choice_of_language_needs_the_token_and_is_one_of_those_known(tmp_path: Path) -> None:
    site = dashboard_of(Held(recorded.idle, 1000.0), tmp_path, TcpAddress("127.0.0.1", 9191))
    client = Client(site)
    assert client.get("/?lang=ko", headers={"Host": "localhost"}).status_code == 401
    headers = {"Host": "localhost", "Authorization": f"Bearer {TOKEN}"}
    assert "Set-Cookie" not in client.get("/?lang=../x", headers=headers).headers
    chosen = client.get("/?lang=ko", headers=headers)
    assert (chosen.status_code, chosen.headers["Location"]) == (303, "/")
    assert chosen.headers["Set-Cookie"].startswith("enuf_language=ko; ")
    assert client.get("/static/index.html", headers={"Host": "localhost"}).status_code == 404


def test_the_page_writes_times_and_numbers_in_korean(browser: Browser, url: str) -> None:
    with shown(browser, url, locale="ko-KR") as watched:
        expect(watched.page.locator("#about")).to_contain_text("시작한 지 4시간 2분")
        expect(watched.page.locator("#slow .when").first).to_have_text(re.compile(r"^\d\d:\d\d:\d\d$"))
        expect(watched.page.locator("#routes caption")).to_contain_text("최근 5분 0초")
