"""The page, in a real browser, in front of snapshots whose every figure is known."""

from __future__ import annotations

import contextlib
import itertools
import re
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
import pytest
from playwright.sync_api import Browser, expect

from enuf.model.certificate import CertificateStatus, TlsStatus
from enuf.model.snapshot import Snapshot
from tests.browser import recorded
from tests.browser.chromium import Watched, opened
from tests.browser.served import Held, served

pytestmark = pytest.mark.native

PHONE = {"viewport": {"width": 360, "height": 740}}
INI = "[uwsgi]\nmodule = wsgi:app\nbuffer-size = 32k\n"


@pytest.fixture(scope="module")
def conf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one file, in which the doctor finds one thing."""
    folder = tmp_path_factory.mktemp("conf")
    (folder / "uwsgi.ini").write_text(INI)
    return folder


@pytest.fixture
def source() -> Held:
    """A loaded stack."""
    return Held(recorded.loaded, time.time())


@pytest.fixture
def url(source: Held, conf: Path) -> Iterator[str]:
    """The dashboard's address."""
    with served(source, conf) as address:
        yield address


@contextlib.contextmanager
def shown(browser: Browser, url: str, **options: object) -> Iterator[Watched]:
    """The page with its first figures on it."""
    with opened(browser, url, **options) as watched:
        watched.page.wait_for_selector(".tile")
        yield watched


def test_the_address_loses_its_token_and_the_page_goes_on_without_it(browser: Browser, url: str) -> None:
    with shown(browser, url) as watched:
        assert watched.page.url == f"http://{urlsplit(url).netloc}/"
        watched.page.reload()
        watched.page.wait_for_selector(".tile")
        cookie = watched.page.context.cookies()[0]
        assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Strict")
        assert watched.page.evaluate("document.cookie") == ""


def test_the_page_that_dash_opens_leads_to_the_dashboard(browser: Browser, url: str, tmp_path: Path) -> None:
    """`enuf dash --open` gives the browser a private file that leads on: no command line shows the token."""
    doorstep = tmp_path / "doorstep.html"
    doorstep.write_text(f'<!doctype html><meta http-equiv="refresh" content="0; url={url}">\n')
    context = browser.new_context()
    try:
        page = context.new_page()
        page.goto(doorstep.as_uri())
        page.wait_for_selector(".tile")
        assert "token" not in page.url
    finally:
        context.close()


def test_new_figures_appear_by_themselves(browser: Browser, source: Held, url: str) -> None:
    with shown(browser, url) as watched:
        busy = watched.page.locator("[data-tile=busy] .figure")
        expect(busy).to_have_text("7 / 8")
        source.show(recorded.idle)
        expect(busy).to_have_text("0 / 4")
        expect(watched.page.locator("#state")).to_contain_text("Serving generation 1")
        expect(watched.page.locator("#slow")).to_have_text("None so far.")


def test_the_certificate_is_shown_until_its_end(browser: Browser, source: Held, url: str) -> None:
    def secure(at: float, days: float) -> Snapshot:
        end = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at + days * 86_400))
        served_now = CertificateStatus(
            names=("shop.test", "<b>"), issuer="R11", not_after=end, days_left=int(days), path="/a"
        )
        tls = TlsStatus(mode="local", certificates=(served_now,))
        return msgspec.structs.replace(recorded.idle(at), tls=tls)

    with shown(browser, url) as watched:
        about = watched.page.locator("#about .certificates")
        expect(about).to_have_text("")
        source.show(lambda at: secure(at, 29.9))
        expect(about).to_contain_text(
            "Certificate for shop.test, <b> by R11 (local authority), 30 days left, until 20"
        )
        source.show(lambda at: secure(at, -1))
        expect(about).to_contain_text("(local authority), expired, until 20")


def test_each_thread_has_a_lane_that_says_what_it_does(browser: Browser, url: str) -> None:
    with shown(browser, url) as watched:
        assert watched.page.locator(".worker").count() == 4
        doing = watched.page.locator(".thread .doing").all_inner_texts()
        assert len(doing) == 8
        assert doing.count("idle") == 1
        assert "GET /product/4711/reviews\n2.41 s" in doing


def test_hovering_a_chart_shows_the_figures_of_that_moment_in_all_charts(
    browser: Browser, source: Held, url: str
) -> None:
    with shown(browser, url) as watched:
        source.show(recorded.idle)
        expect(watched.page.locator(".legend").nth(2)).to_contain_text("threads4")
        canvas = watched.page.locator(".plot", has_text="Memory").locator(".canvas")
        box = canvas.bounding_box()
        assert box
        canvas.hover(position={"x": box["width"] - 11, "y": 90})
        expect(canvas.locator(".tip")).to_be_visible()
        expect(canvas.locator(".tip")).to_contain_text("memory 118 MB")
        assert re.match(r"\d\d:\d\d:\d\d", canvas.locator(".tip").inner_text())
        assert watched.page.locator(".cursor line").count() == 6
        watched.page.mouse.move(2, 2)
        expect(canvas.locator(".tip")).to_be_hidden()


def test_the_keyboard_alone_reaches_everything(browser: Browser, url: str) -> None:
    with shown(browser, url) as watched:
        keys = watched.page.keyboard
        watched.page.wait_for_selector(".finding, .findings li")
        keys.press("Tab")
        assert watched.focused("textContent") == "Skip to the figures"
        keys.press("Enter")
        assert watched.focused("id") == "main"
        reached: set[str | None] = set()
        while len(reached) < 30:
            keys.press("Tab")
            if watched.focused("tagName") == "BODY":
                break
            assert watched.page.evaluate(
                "getComputedStyle(document.activeElement.matches('input') ? document.activeElement.nextElementSibling : document.activeElement).outlineStyle !== 'none'"
            ), "the focus cannot be seen"
            reached.add(watched.focused("closest('[id]')?.id"))
        assert {"range", "plots", "slow", "errors", "events", "doctor", "files"} <= reached


def test_arrow_keys_move_through_a_chart_and_tell_the_figures(browser: Browser, url: str) -> None:
    with shown(browser, url) as watched:
        plot = watched.page.locator(".plot", has_text="Latency")
        plot.locator(".canvas").focus()
        for key in ("ArrowLeft", "ArrowLeft", "Home"):
            before = plot.locator("[aria-live]").inner_text()
            watched.page.keyboard.press(key)
            expect(plot.locator("[aria-live]")).not_to_have_text(before)
        assert re.match(
            r"\d\d:\d\d:\d\d, p50 [\d.]+ ms, p95 \d+ ms, p99 \d+ ms, p95 wait",
            plot.locator("[aria-live]").inner_text(),
        )
        expect(plot.locator(".when")).not_to_have_text("now")
        watched.page.keyboard.press("Escape")
        expect(plot.locator(".when")).to_have_text("now")


def test_a_screen_reader_finds_landmarks_captions_and_words_for_the_pictures(
    browser: Browser, url: str
) -> None:
    with shown(browser, url) as watched:
        page = watched.page
        for landmark in ("banner", "main", "contentinfo"):
            assert page.get_by_role(landmark).count() == 1, landmark
        assert page.locator("table:not(:has(caption))").count() == 0
        labels = page.locator("[role=img]").evaluate_all("all => all.map(each => each.ariaLabel)")
        assert len(labels) == 6
        assert any(re.search(r"Throughput.*Now: 2xx \d+.*Highest: 2xx \d+", label) for label in labels)
        assert "generation 3 from" in labels[0]
        assert page.locator("#state").get_attribute("aria-live") == "polite"
        levels = page.locator("h1, h2, h3").evaluate_all("all => all.map(each => Number(each.tagName[1]))")
        assert all(after - before <= 1 for before, after in itertools.pairwise(levels)), levels


def test_a_traceback_is_folded_and_stays_open_once_it_was_opened(
    browser: Browser, source: Held, url: str
) -> None:
    with shown(browser, url) as watched:
        error = watched.page.locator("#errors details", has_text="ZeroDivisionError")
        expect(error.locator("pre")).to_be_hidden()
        error.locator("summary").focus()
        watched.page.keyboard.press("Enter")
        expect(error.locator("pre")).to_contain_text("totals.py")
        later = recorded.refused(source.at + 1)
        source.put(msgspec.structs.replace(later, errors=(later.errors[0], *source.now.errors)))
        expect(watched.page.locator("#errors")).to_contain_text("No module named 'paymnets'")
        expect(error.locator("pre")).to_be_visible()
        assert watched.focused("tagName") == "SUMMARY"


def test_a_refused_reload_is_on_top_and_on_the_time_line(browser: Browser, source: Held, url: str) -> None:
    with shown(browser, url) as watched:
        marks = watched.page.locator(".timeline .mark.bad")
        expect(marks).to_have_count(0)
        source.show(recorded.refused)
        expect(watched.page.locator("#alerts")).to_contain_text(
            f"reload refused: {recorded.REFUSED}. Generation 3 serves on."
        )
        expect(marks).to_have_count(1)
        expect(watched.page.locator(".plot:not(.timeline) .mark.bad")).to_have_count(5)
        watched.page.locator(".timeline .canvas").focus()
        watched.page.keyboard.press("End")
        expect(watched.page.locator(".timeline .told")).to_contain_text(f"reload refused: {recorded.REFUSED}")


def test_the_findings_the_page_of_a_code_and_the_configuration_can_be_read(
    browser: Browser, url: str
) -> None:
    with shown(browser, url, locale="ko-KR") as watched:
        finding = watched.page.locator("#doctor li", has_text="U003")
        expect(finding).to_contain_text("✕ error")
        expect(finding).to_contain_text("uwsgi.ini:3")
        expect(finding).to_contain_text("buffer-size = 32768")
        finding.locator("summary").click()
        expect(finding.locator("pre")).to_contain_text(re.compile("[가-힣]{2}"))
        file = watched.page.locator("#files details", has_text="uwsgi.ini")
        file.locator("summary").click()
        expect(file.locator("pre")).to_have_text(INI)


def test_a_phone_never_scrolls_sideways(browser: Browser, url: str, source: Held) -> None:
    with shown(browser, url, **PHONE) as watched:
        watched.page.wait_for_selector(".findings li")
        for make in (recorded.hostile, recorded.refused, recorded.idle):
            watched.page.locator("details").evaluate_all("all => all.forEach((each) => (each.open = true))")
            width, room = watched.page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
            assert width <= room == 360
            source.show(make)
            expect(watched.page.locator("#app")).to_have_text(source.now.app)


def test_markup_from_a_log_is_text_and_a_script_address_is_no_link(
    browser: Browser, url: str, source: Held
) -> None:
    source.show(recorded.hostile)
    with shown(browser, url) as watched:
        expect(watched.page.locator("#errors")).to_contain_text("<img src=x onerror=")
        watched.page.locator("#errors summary").first.click()
        assert watched.page.title().endswith(": serving")
        assert watched.page.locator("img:not([src='/static/icon.svg']), main script").count() == 0
        assert watched.page.locator("#about a").get_attribute("href") is None


CONTRASTS = """() => {
  const rgb = (text) => text.match(/[\\d.]+/g).map(Number);
  const light = (colour) => colour.slice(0, 3).map((each) => each / 255)
    .map((each) => (each <= 0.04045 ? each / 12.92 : ((each + 0.055) / 1.055) ** 2.4))
    .reduce((sum, each, index) => sum + each * [0.2126, 0.7152, 0.0722][index], 0);
  const ground = (node) => {
    for (let each = node; each; each = each.parentElement) {
      const colour = rgb(getComputedStyle(each).backgroundColor);
      if (colour.length === 3 || colour[3] === 1) return colour;
    }
    return [255, 255, 255];
  };
  const poor = [];
  for (const node of document.querySelectorAll("body *")) {
    const text = [...node.childNodes].filter((each) => each.nodeType === 3).map((each) => each.data.trim()).join("");
    if (!text || !node.getClientRects().length) continue;
    const style = getComputedStyle(node);
    const [one, other] = [light(rgb(node.namespaceURI.includes("svg") ? style.fill : style.color)), light(ground(node))];
    const contrast = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
    if (contrast < 4.5) poor.push(`${node.tagName} ${node.className} ${text.slice(0, 20)} ${contrast.toFixed(2)}`);
  }
  return [poor, getComputedStyle(document.body).backgroundColor];
}"""


def test_every_text_stands_out_from_its_ground_by_day_and_by_night(
    browser: Browser, url: str, source: Held
) -> None:
    source.show(recorded.refused)
    with shown(browser, url) as watched:
        watched.page.wait_for_selector(".findings li")
        grounds = {}
        for scheme in ("light", "dark"):
            watched.page.emulate_media(color_scheme=scheme)
            poor, grounds[scheme] = watched.page.evaluate(CONTRASTS)
            assert poor == [], scheme
        assert grounds == {"light": "rgb(244, 245, 247)", "dark": "rgb(14, 18, 24)"}


def test_a_lost_connection_is_said_and_mends_by_itself(browser: Browser, source: Held, conf: Path) -> None:
    with served(source, conf) as url:
        port = urlsplit(url).port
        watching = opened(browser, url)
        watched = watching.__enter__()
        watched.page.wait_for_selector(".tile")
    try:
        alerts = watched.page.locator("#alerts")
        expect(alerts).to_contain_text("The connection to the dashboard is lost. Figures from")
        expect(watched.page.locator("[data-tile=busy] .figure")).to_have_text("7 / 8")
        expect(watched.page.locator("#state .last")).to_be_visible()
        with served(source, conf, port=port):
            expect(alerts).to_have_text("")
            expect(watched.page.locator("#feed")).to_have_text("live")
            expect(watched.page.locator("#state .last")).to_be_hidden()
            assert all("net::ERR_" in text for text in watched.troubles), watched.troubles
        watched.troubles.clear()
    finally:
        watching.__exit__(None, None, None)


def test_after_a_new_start_the_page_says_how_to_get_the_new_token(
    browser: Browser, source: Held, url: str
) -> None:
    with shown(browser, url) as watched:
        watched.page.context.clear_cookies()
        expect(watched.page.locator("#alerts")).to_contain_text("Run: enuf dash")
        assert all("401" in text for text in watched.troubles)
        watched.page.goto(watched.page.url)
        assert "This dashboard is locked" in watched.text("h1")
        watched.troubles.clear()
