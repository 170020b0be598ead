"""The past on the page: an hour of it, generations compared, a moment held still, and what can be taken along."""

from __future__ import annotations

import re

import msgspec
from playwright.sync_api import Browser, Page, expect

from tests.browser import recorded
from tests.browser.chromium import shown
from tests.browser.served import Held


def widest_line(page: Page, title: str, css: str) -> float:
    """Return how far a line of a chart reaches, in pixels; a hole ends it."""
    path = page.locator(".plot", has_text=title).locator(f".canvas .line.{css}").get_attribute("d") or ""
    ends = [[float(x) for x in re.findall(r"[ML]([\d.]+),", part)] for part in re.findall("M[^M]+", path)]
    return max(max(xs) - min(xs) for xs in ends)


def test_an_hour_is_shown_without_a_hole_where_the_steps_change(
    browser: Browser, source: Held, url: str
) -> None:
    source.hour = recorded.past_hour(source.at)
    with shown(browser, url) as watched:
        page = watched.page
        expect(page.locator("#longer")).to_be_hidden()
        page.locator("#range").get_by_text("1 h").click()
        expect(page.locator("#longer")).to_contain_text("Prometheus")
        canvas = page.locator(".plot", has_text="Latency").locator(".canvas")
        box = canvas.bounding_box()
        assert box
        assert widest_line(page, "Latency", "p95") > 0.9 * (box["width"] - 56)
        expect(canvas).to_have_attribute("aria-label", re.compile("last 60 min"))
        canvas.focus()
        page.keyboard.press("Home")
        expect(canvas.locator("xpath=..").locator(".when")).not_to_have_text("now")
        source.hour = msgspec.structs.replace(source.hour, points=source.hour.points[:100])


def test_after_a_restart_of_the_dashboard_the_minutes_before_it_are_in_every_range(
    browser: Browser, source: Held, url: str
) -> None:
    source.hour = recorded.past_hour(source.at)
    recent = recorded.loaded(source.at + 1)
    source.put(msgspec.structs.replace(recent, history=recent.history[-20:]))
    with shown(browser, url) as watched:
        line = watched.page.locator(".plot", has_text="Latency").locator(".canvas .line.p95")
        expect(line).to_have_attribute("d", re.compile(".{300}"))
        assert widest_line(watched.page, "Latency", "p95") > 300


def test_generations_are_compared_after_a_reload(browser: Browser, source: Held, url: str) -> None:
    with shown(browser, url) as watched:
        part = watched.page.locator("#versions-part")
        new, old, oldest = part.locator("tbody tr").all()
        expect(new).to_contain_text("generation 3")
        expect(new.locator(".served")).to_have_text(re.compile(r"since \d\d:\d\d:\d\d"))
        expect(new.locator(".rate")).to_have_text("455 /s")
        expect(new.locator(".p50")).to_have_text("88 ms 8.0× slower")
        expect(new.locator(".p95")).to_have_text("223 ms 3.7× slower")
        expect(new.locator(".p95 .change")).to_have_class("change worse")
        expect(old.locator(".p95")).to_have_text("60 ms about the same")
        expect(oldest.locator(".change").first).to_have_text("")
        generations = source.now.generations
        few = msgspec.structs.replace(generations[0], requests=3, failed=0)
        bad = msgspec.structs.replace(generations[0], p50_s=0.005, p95_s=0.03, failed=9_100)
        for first, words in (
            (few, "too few requests to compare"),
            (bad, "50 % faster"),
            (bad, "more errors"),
        ):
            source.put(
                msgspec.structs.replace(recorded.loaded(source.at + 1), generations=(first, *generations[1:]))
            )
            expect(part.locator("tbody tr").first).to_contain_text(words)
        source.show(recorded.idle)
        expect(part).to_be_hidden()


def test_a_moment_can_be_held_still_and_left_again(browser: Browser, source: Held, url: str) -> None:
    with shown(browser, url) as watched:
        page = watched.page
        button, feed = page.locator("#pause"), page.locator("#feed")
        button.click()
        expect(feed).to_have_text(re.compile(r"paused, figures from \d\d:\d\d:\d\d"))
        expect(button).to_have_attribute("aria-pressed", "true")
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        source.show(recorded.idle)
        page.locator("#range").get_by_text("1 min").click()
        expect(page.locator("[data-tile=busy] .figure")).to_have_text("7 / 8")
        assert not [address for address in asked if address.endswith("/api/snapshot")]
        button.click()
        expect(page.locator("[data-tile=busy] .figure")).to_have_text("0 / 4")
        expect(feed).to_have_text("live")


def test_an_error_a_story_and_the_routes_can_be_taken_along_as_markdown(
    browser: Browser, source: Held, url: str
) -> None:
    with shown(browser, url) as watched:
        page = watched.page
        page.context.grant_permissions(["clipboard-read", "clipboard-write"])

        def copied(within: str) -> str:
            button = page.locator(within).get_by_text("copy as Markdown").first
            button.click()
            expect(page.locator(within).get_by_text("copied")).to_be_visible()
            return str(page.evaluate("navigator.clipboard.readText()"))

        table = copied("#routes").splitlines()
        assert table[0] == "| Route | Rate | p50 | p95 | Wait and app, mean | Errors | Where it stands |"
        assert table[2].startswith("| GET /report/monthly | 4 /s | 940 ms | 2.10 s |")
        assert "/product/\\*/reviews" in table[3]
        page.locator("#errors summary").first.click()
        error = copied("#errors")
        assert error.startswith("**`ZeroDivisionError: division by zero`**")
        assert "- totals.py:12 in totals\n" in error
        assert f"- enuf logs --id {recorded.FAILED_ID}\n" in error
        assert f"```\n{recorded.TRACEBACK}\n```" in error
        page.locator("#errors a.story").first.click()
        page.wait_for_selector("#story li")
        story = copied("#story")
        assert story.startswith(f"**`{recorded.FAILED_ID}`** 1.50 s = wait 250 ms")
        assert "GET /report/monthly HTTP/1.1" in story


def test_the_keyboard_can_leave_a_long_list_out(browser: Browser, url: str) -> None:
    with shown(browser, url) as watched:
        page = watched.page
        skip = page.locator(".skip-list[href='#errors-title']")
        skip.focus()
        expect(skip).to_be_visible()
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        page.keyboard.press("Tab")
        assert watched.focused("closest('#slow')") is None
        assert watched.focused("closest('section').querySelector('h2').id") == "errors-title"


def test_logs_are_searched_for_a_text_as_the_command_does(browser: Browser, url: str) -> None:
    with shown(browser, url) as watched:
        logs = watched.page.locator("#logs")
        logs.locator("summary").click()
        expect(logs.locator("li")).to_have_count(5)
        logs.locator("[name=grep]").fill("get /CART ")
        logs.locator("[name=grep]").press("Enter")
        expect(logs.locator("li")).to_have_count(1)
        expect(logs.locator(".equal code")).to_have_text("enuf logs --grep 'get /CART'")


def test_a_stack_that_was_stopping_when_the_connection_ended_has_stopped(
    browser: Browser, source: Held, url: str
) -> None:
    source.put(msgspec.structs.replace(recorded.loaded(source.at + 1), state="stopping"))
    with shown(browser, url) as watched:
        watched.page.route("**/api/**", lambda route: route.abort())
        expect(watched.page.locator("#alerts")).to_contain_text("The stack was stopping, and has ended.")
        watched.troubles.clear()
