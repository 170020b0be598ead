"""The languages of the dashboard: which one a browser gets, and the texts of each."""

from __future__ import annotations

import html
import os
import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

import msgspec
from werkzeug.wrappers import Request

import enuf
from enuf.language.choice import chosen_language

LANGUAGES = ("en", "ko")
COOKIE = "enuf_language"
"""The visitor's own choice."""
COOKIE_LASTS_S = 365 * 86_400
_PLACEHOLDER = re.compile(r"\{\{([A-Za-z0-9.]+)\}\}")


def language_of(request: Request, environ: Mapping[str, str] = os.environ) -> str:
    """Return the language of the answer to a request.

    The visitor's own choice counts first, then the browser's languages, then the language of this process.
    """
    chosen = request.cookies.get(COOKIE, "")
    if chosen in LANGUAGES:
        return chosen
    preferred = request.accept_languages.best_match(LANGUAGES)
    return preferred or chosen_language(environ)


@cache
def labels(language: str) -> dict[str, str]:
    """Return the texts of a language by their names, `page.skip`; without those that depend on a number."""
    data = files(enuf).joinpath("web", "static", f"{language}.json").read_bytes()
    groups: dict[str, dict[str, Any]] = msgspec.json.decode(data)
    return {
        f"{group}.{name}": text
        for group, texts in groups.items()
        for name, text in texts.items()
        if isinstance(text, str)
    }


@cache
def rendered(page: str, language: str) -> bytes:
    """Return a page of the folder `pages` with its texts in a language."""
    template = files(enuf).joinpath("web", "pages", page).read_text("utf-8")
    texts = {**labels(language), "language": language}
    return _PLACEHOLDER.sub(lambda match: html.escape(texts[match[1]]), template).encode()
