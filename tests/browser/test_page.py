"""The page, in a real browser, in front of snapshots whose every figure is known."""

from __future__ import annotations

import itertools
import re
import time
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
import pytest
from playwright.sync_api import Browser, expect

from enuf.model.certificate import CertificateStatus, TlsStatus
from enuf.model.snapshot import Advice, Latency, Rates, Snapshot, Window
from tests.browser import recorded
from tests.browser.chromium import opened, shown
from tests.browser.project import INI, log_line
from tests.browser.served import Held, served

pytestmark = pytest.mark.native

PHONE = {"viewport": {"width": 360, "height": 740}}


def test_what_runs_beside_the_app_has_a_table_while_there_is_something(
    browser: Browser, source: Held, url: str
) -> None:
    with shown(browser, url) as watched:
        rows = watched.page.locator("#beside tbody tr")
        expect(rows).to_have_text(
            [
                re.compile(r"worker.*running.*5210.*2.*was killed by SIGKILL"),
                re.compile(r"nightly 0 3 \* \* \*.*failed.*exited with status 1.*(1|2) Jan"),
            ]
        )
        source.show(recorded.idle)
        expect(watched.page.locator("#beside-part")).to_be_hidden()


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
        expect(watched.page.locator("#errors")).to_have_text("None since the start.")
        nothing = watched.page.locator(".plot .nothing")
        expect(nothing.nth(0)).to_have_text(
            "No request yet: open http://127.0.0.1:8000, and the charts fill."
        )
        expect(nothing.nth(1)).to_have_text("No request in this time.")
        expect(nothing.nth(2)).to_be_hidden()


def test_badge_title_and_favicon_tell_in_words_and_shapes_what_is_wrong(
    browser: Browser, source: Held, url: str
) -> None:
    with shown(browser, url) as watched:
        badge, icon = watched.page.locator("#state"), watched.page.locator("link[rel=icon]")
        expect(badge).to_have_class("badge good")
        expect(icon).to_have_attribute("data-tone", "good")
        healthy = icon.get_attribute("href")
        source.show(recorded.troubled)
        expect(badge.locator(".word")).to_have_text("Serving generation 3, 1 thread stuck, 35 % errors")
        expect(badge).to_have_class("badge warn")
        expect(icon).to_have_attribute("data-tone", "warn")
        assert icon.get_attribute("href") != healthy
        assert watched.page.title() == "! wsgi:app: serving, 1 thread stuck, 35 % errors"
        source.put(
            msgspec.structs.replace(
                recorded.idle(source.at + 1), state="stopping", condition="waiting for GET /export"
            )
        )
        expect(badge.locator(".word")).to_have_text("Stopping generation 1, waiting for GET /export")
        assert watched.page.title() == "■ wsgi:app: stopping, waiting for GET /export"
        expect(icon).to_have_attribute("data-tone", "plain")


def test_advice_says_its_figures_in_words_and_its_command_can_be_copied(
    browser: Browser, source: Held, url: str
) -> None:
    with shown(browser, url) as watched:
        advice = watched.page.locator(".counsel")
        assert advice.locator("li").all_inner_texts() == [
            "busy for 40.2 s", "8 threads", "12 waiting", "wait p95 180 ms", "28 MB a worker", "90 % waiting for others",
        ]  # fmt: skip
        expect(advice.locator(".cure")).to_contain_text("In enuf.toml, then enuf reload")
        expect(advice.locator(".cure pre")).to_have_text("[serve]\nthreads = 4")
        expect(advice.locator("details p")).to_be_hidden()
        advice.locator("summary").click()
        expect(advice.locator("details p")).to_contain_text(
            "Threads cost little and help while the app waits"
        )
        failing = Advice(code="errors", text="43 of 100 answers were errors: enuf logs --status 5xx")
        for text, command in (
            (failing.text, "enuf logs --status 5xx"),
            ("all is well", None),
            (failing.text, "enuf logs --status 5xx"),
        ):
            said = msgspec.structs.replace(failing, text=text)
            source.put(msgspec.structs.replace(recorded.loaded(source.at + 1), advice=(said,)))
            expect(advice.locator("> p")).to_contain_text(text)
            assert advice.locator("code").all_inner_texts() == [command] * bool(command)


def test_errors_that_are_alike_are_one_with_count_and_line(browser: Browser, source: Held, url: str) -> None:
    with shown(browser, url) as watched:
        division = watched.page.locator("#errors li", has_text="ZeroDivisionError")
        expect(division.locator("summary")).to_contain_text("43×")
        expect(division.locator("summary")).to_contain_text("totals.py:12 in totals GET /report/monthly")
        division.locator("summary").click()
        expect(division.locator(".note")).to_have_text(
            re.compile(r"since \d\d:\d\d:\d\d, latest in GET /report/monthly")
        )
        groups = source.now.error_groups
        more = msgspec.structs.replace(groups[0], count=44)
        source.put(msgspec.structs.replace(recorded.loaded(source.at + 1), error_groups=(more, *groups[1:])))
        expect(division.locator("summary")).to_contain_text("44×")


def test_events_in_a_row_that_are_alike_are_one_and_exits_are_counted(
    browser: Browser, source: Held, url: str
) -> None:
    with shown(browser, url) as watched:
        events = watched.page.locator("#events")
        expect(events.locator(".exits")).to_be_hidden()
        source.show(recorded.troubled)
        hung = events.locator("li", has_text="GET /hang")
        expect(hung).to_have_count(1)
        expect(hung).to_contain_text(re.compile(r"GET /hang took too long and was ended 10× since"))
        expect(hung.locator("a.story")).to_have_attribute("href", f"#request={9:032x}")
        ended = events.locator("li", has_text="GET /export")
        ended.locator("summary").click()
        expect(ended.locator("pre")).to_contain_text('File "/srv/shop/app.py", line 41, in report')
        expect(events.locator("li", has_text="SIGSEGV")).to_contain_text("5× since")
        expect(events.locator(".exits")).to_have_text(
            "Workers that ended unasked since the start: 5 by a signal, 2 by the time limit."
        )


def test_a_request_leads_to_its_story_and_commands_can_be_copied(
    browser: Browser, source: Held, url: str, conf: Path
) -> None:
    source.show(recorded.troubled)
    with shown(browser, url) as watched:
        page = watched.page
        page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        alert = page.locator("#alerts p", has_text="worker 2 crashed")
        alert.get_by_role("button").click()
        expect(alert.get_by_role("button")).to_have_text("copied")
        assert page.evaluate("navigator.clipboard.readText()") == f"enuf logs --id {recorded.FAILED_ID}"
        alert.get_by_role("link").click()
        story = page.locator("#story")
        expect(story.locator("li")).to_have_count(4)
        expect(story.locator(".total")).to_have_text("1.50 s = wait 250 ms + app 1.25 s + send 0 ms")
        expect(story).to_contain_text("ZeroDivisionError: division by zero")
        assert page.url.endswith(f"#request={recorded.FAILED_ID}")
        page.reload()
        expect(story.locator("li")).to_have_count(4)
        page.keyboard.press("Escape")
        expect(story).to_be_hidden()
        assert "#" not in page.url
        page.evaluate("location.hash = 'request=%'")  # no id: nothing opens, nothing breaks
        page.locator("#slow summary").first.click()
        page.locator("#slow a.story").first.click()
        expect(story).to_contain_text("No line of the logs names this request")
        story.get_by_role("button", name="close").click()
        expect(story).to_be_hidden()


def test_the_logs_are_read_with_the_filters_of_the_command(
    browser: Browser, url: str, conf: Path, restored_log: Path
) -> None:
    with shown(browser, url) as watched:
        page = watched.page
        logs = page.locator("#logs")
        logs.locator("summary").click()
        lines = logs.locator("li")
        expect(lines).to_have_count(5)
        expect(logs.locator("[role=status]")).to_have_text("5 lines, the newest last.")
        expect(logs.locator(".equal code")).to_have_text("enuf logs")
        with restored_log.open("a") as log:
            log.write(log_line("/new", 404, "00000000000000000000000000000404"))
        expect(lines).to_have_count(6)
        logs.locator("[name=status]").fill("5XX")
        logs.locator("[name=status]").press("Enter")
        expect(lines).to_have_count(1)
        expect(lines).to_contain_text("GET /report/monthly HTTP/1.1 500")
        logs.locator("[name=slow]").select_option("1 s")
        logs.locator("[name=layer]").select_option("front")
        expect(logs.locator(".equal code")).to_have_text("enuf logs --layer front --status 5XX --slow 1s")
        lines.get_by_role("link").click()
        expect(page.locator("#story li")).to_have_count(4)
        page.keyboard.press("Escape")
        logs.locator("[name=follow]").uncheck()
        page.route("**/api/logs?**", lambda route: route.fulfill(status=503), times=1)
        logs.locator("[name=slow]").select_option("")
        expect(logs.locator(".equal code")).to_have_text("enuf logs --layer front --status 5XX")
        logs.locator("[name=status]").fill("999")
        logs.locator("[name=status]").press("Enter")
        expect(logs.locator("[role=status]")).to_have_text("status: write it like 404 or 5xx")
        expect(lines).to_have_count(0)
        watched.troubles[:] = [each for each in watched.troubles if not re.search("400|503", each)]


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
            "Certificate for shop.test, <b> by R11 (local authority), 29 days left, until 20"
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


def test_each_route_tells_its_rate_its_time_its_errors_and_where_it_stands(
    browser: Browser, source: Held, url: str
) -> None:
    with shown(browser, url) as watched:
        routes = watched.page.locator("#routes")
        report, reviews, cart, unmatched, export = routes.locator("tbody tr").all()
        expect(report).to_contain_text("GET /report/monthly")
        expect(report.locator(".rate")).to_have_text("4 /s")
        expect(report.locator(".p50")).to_have_text("940 ms")
        expect(report.locator(".p95")).to_have_text("2.10 s")
        expect(report.locator(".numbers")).to_have_text("wait 180 ms · app 810 ms")
        expect(report.locator(".failures.bad")).to_have_text("3.6 % 5xx (43)")
        expect(report.locator(".stands")).to_have_text(
            "2 threads for 2.40 s app.py:41 in report fails at totals.py:12 in totals"
        )
        expect(reviews.locator(".failures")).to_have_text("none")
        expect(cart.locator(".rate")).to_have_text("1.2 /min")
        expect(cart.locator(".numbers")).to_have_text("–")
        expect(unmatched).to_contain_text("(no such path)")
        expect(export.locator(".stands")).to_have_text("1 thread for 13 min 0 s export.py:7 in rows")
        expect(routes.locator("caption")).to_contain_text("The last 5 min 0 s, the route that took most time")
        expect(routes.locator("caption")).to_contain_text("2 more are left out")
        source.show(recorded.idle)
        expect(routes).to_have_text(
            "No request in the last minutes. Open http://127.0.0.1:8000 and its routes are listed here."
        )
        source.put(msgspec.structs.replace(recorded.idle(source.at + 1), front=None, routes=None))
        expect(watched.page.locator("#routes-part")).to_be_hidden()


def test_answers_of_a_closed_site_are_no_errors_and_one_that_stops_invites_nobody(
    browser: Browser, source: Held, url: str
) -> None:
    with shown(browser, url) as watched:
        closed = Window(
            seconds=10, requests=5, closed=5, rates=Rates(), latency=Latency(), by_status={"503": 5}
        )
        source.put(msgspec.structs.replace(recorded.idle(source.at + 1), window=closed))
        tile = watched.page.locator("[data-tile=failed]")
        expect(tile.locator(".details")).to_have_text("closed for maintenance")
        expect(tile).not_to_have_class(re.compile("bad"))
        source.put(msgspec.structs.replace(recorded.idle(source.at + 1), state="stopping"))
        expect(watched.page.locator("#routes")).to_have_text("No request in this time.")  # and no invitation
        expect(watched.page.locator(".plot .nothing").first).to_have_text("No request in this time.")


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
        source.put(later)
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
        expect(finding).to_contain_text("✕ 오류")
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
        for make in (recorded.hostile, recorded.troubled, recorded.refused, recorded.idle):
            watched.page.locator("details").evaluate_all("all => all.forEach((each) => (each.open = true))")
            width, room = watched.page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
            assert width <= room == 360
            source.show(make)
            expect(watched.page.locator("#app")).to_have_text(source.now.app)


def test_a_phone_shows_what_is_wrong_before_the_charts(browser: Browser, url: str) -> None:
    headings = "[...document.querySelectorAll('main h2')].map((each) => each.textContent)"
    with shown(browser, url) as watched:
        wide = watched.page.evaluate(headings)
        assert wide[:5] == [
            "Right now", "Over time", "Generations compared", "Routes", "Workers and their threads",
        ]  # fmt: skip
        watched.page.set_viewport_size({"width": 360, "height": 740})
        watched.page.wait_for_function(f"({headings})[1] === 'Workers and their threads'")
        assert watched.page.evaluate(headings)[:5] == [
            "Right now", "Workers and their threads", "Recent errors", "Generations compared", "Routes",
        ]  # fmt: skip
        watched.page.set_viewport_size({"width": 1280, "height": 740})
        watched.page.wait_for_function(f"({headings})[1] === 'Over time'")
        assert watched.page.evaluate(headings) == wide


SMALL_TARGETS = """() => [...document.querySelectorAll("summary, button, select, input:not([type=radio], [type=checkbox]), .choice span, a.story, .filters label")]
  .filter((each) => each.getClientRects().length)
  .map((each) => [each.tagName, each.className, each.textContent.slice(0, 20), Math.round(each.getBoundingClientRect().height * 10) / 10])
  .filter(([, , , height]) => height < 24)"""
CUT_OFF = """() => [...document.querySelectorAll("main td, main td *, main .note, .badge, .alert *, .tile *")]
  .filter((each) => each.getClientRects().length && !each.closest(".unseen") && each.getBoundingClientRect().right > each.closest(".card, .tile, .alert, body").getBoundingClientRect().right)
  .map((each) => each.textContent)"""


def test_nothing_is_cut_off_and_every_target_can_be_hit(browser: Browser, url: str, source: Held) -> None:
    source.show(recorded.troubled)
    with shown(browser, url) as watched:
        watched.page.wait_for_selector(".findings li")
        watched.page.locator("details").evaluate_all("all => all.forEach((each) => (each.open = true))")
        watched.page.wait_for_selector("#logs li")
        for width in (1280, 768, 360):
            watched.page.set_viewport_size({"width": width, "height": 900})
            assert watched.page.evaluate(SMALL_TARGETS) == [], width
            assert watched.page.evaluate(CUT_OFF) == [], width


def test_markup_from_a_log_is_text_and_a_script_address_is_no_link(
    browser: Browser, url: str, source: Held
) -> None:
    source.show(recorded.hostile)
    with shown(browser, url) as watched:
        expect(watched.page.locator("#errors")).to_contain_text("<img src=x onerror=")
        watched.page.locator("#errors summary").first.click()
        assert watched.page.title().endswith("</script>") and ": serving, <img" in watched.page.title()
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
