"""The texts of the dashboard in its languages: none is missing, none is left over, none is English by oversight."""

from __future__ import annotations

import json
import re
from importlib.resources import files
from typing import Any

import pytest
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request

import enuf
from enuf.web.language import COOKIE, LANGUAGES, labels, language_of, rendered

WEB = files(enuf).joinpath("web")
SAME_IN_BOTH = {
    "English",
    "reload",
    "en",
    "p50 {p50} · p99 {p99}",
    "4xx {share}",
    "enuf",
    "pid {pid}",
    "p50",
    "p95",
    "CPU",
    "ACME",
    "{ms} ms",
    "0 ms",
    "{name} {time}",
    "{kind}: {text}",
    "{label} {value}",
}
"""Texts that are names, units or figures alone."""


def texts_of(language: str) -> dict[str, Any]:
    """Return all texts by name; one that depends on a number is a dictionary."""
    groups = json.loads(WEB.joinpath("static", f"{language}.json").read_text("utf-8"))
    return {f"{group}.{name}": text for group, texts in groups.items() for name, text in texts.items()}


ENGLISH, KOREAN = texts_of("en"), texts_of("ko")
SOURCES = "\n".join(
    path.read_text("utf-8")
    for folder in ("static", "pages")
    for path in WEB.joinpath(folder).iterdir()
    if path.name.endswith((".js", ".html"))
) + "".join(WEB.joinpath(name).read_text("utf-8") for name in ("app.py", "why_app.py"))


def forms(text: Any) -> list[str]:
    return list(text.values()) if isinstance(text, dict) else [text]


def places(text: Any) -> set[str]:
    return {name for form in forms(text) for name in re.findall(r"\{(\w+)\}", form)}


def test_every_text_has_its_korean_with_the_places_of_the_english() -> None:
    assert list(KOREAN) == list(ENGLISH)
    assert {name: places(text) for name, text in KOREAN.items()} == {
        name: places(text) for name, text in ENGLISH.items()
    }
    for name, text in ENGLISH.items():
        assert isinstance(KOREAN[name], type(text)), name
        assert set(text) == {"one", "other"} if isinstance(text, dict) else text.strip(), name
        assert set(KOREAN[name]) == {"other"} if isinstance(text, dict) else KOREAN[name].strip(), name


def test_no_korean_text_is_english_by_oversight() -> None:
    left = {
        form
        for text in KOREAN.values()
        for form in forms(text)
        if not re.search("[가-힣]", form) and re.search("[A-Za-z]", re.sub(r"\{\w+\}", "", form))
    }
    assert left <= SAME_IN_BOTH


def test_every_text_is_used_and_every_used_one_exists() -> None:
    named = set(re.findall(r"[\"'{]([a-zA-Z]+\.[a-zA-Z0-9]+)[\"'}]", SOURCES))
    open_groups = set(re.findall(r"[`\"]([a-zA-Z]+)\.\$?\{", SOURCES))
    unused = {name for name in ENGLISH if name not in named and name.partition(".")[0] not in open_groups}
    assert unused == set()
    groups = {name.partition(".")[0] for name in ENGLISH}
    called = set(re.findall(r"label(?:Or|Parts)?\(\s*\"([^\"]+)\"", SOURCES)) | set(
        re.findall(r"\{\{([\w.]+)\}\}", SOURCES)
    )
    assert called - {"language"} <= set(ENGLISH)
    assert open_groups & groups


@pytest.mark.parametrize("page", ["index.html", "enter.html", "locked.html"])
def test_a_page_is_in_its_language_and_its_texts_are_escaped(page: str) -> None:
    for language in LANGUAGES:
        text = rendered(page, language).decode()
        assert f'<html lang="{language}">' in text
        assert "{{" not in text
        assert bool(re.search("[가-힣]{2}", text.replace("한국어", ""))) is (language == "ko")
    assert labels("en")["page.skip"] == "Skip to the figures"


@pytest.mark.parametrize(
    ("accepted", "cookie", "environ", "language"),
    [
        ("ko-KR,ko;q=0.9,en-US;q=0.8", "", {}, "ko"), ("en-US,en;q=0.9,ko;q=0.8", "", {"LANG": "ko_KR.UTF-8"}, "en"),
        ("fr;q=1, ko;q=0.3", "", {}, "ko"), ("fr, de", "", {"LANG": "ko_KR.UTF-8"}, "ko"), ("", "", {"LANG": "ko_KR.UTF-8"}, "ko"),
        ("", "", {"LC_ALL": "C", "LANG": "ko"}, "en"), ("", "", {"LC_MESSAGES": "ko", "LANG": "C"}, "ko"), ("", "", {"LANG": "kok_IN"}, "en"),
        ("", "", {}, "en"), ("ko", "en", {}, "en"), ("en", "ko", {}, "ko"), ("ko", "xx", {}, "ko"),
    ],
)  # fmt: skip
def test_the_visitors_choice_counts_before_the_browser_and_the_browser_before_the_server(
    accepted: str, cookie: str, environ: dict[str, str], language: str
) -> None:
    sent = {"Accept-Language": accepted, "Cookie": f"{COOKIE}={cookie}"}
    builder = EnvironBuilder(headers=[(name, value) for name, value in sent.items() if value])
    assert language_of(Request(builder.get_environ()), environ) == language
