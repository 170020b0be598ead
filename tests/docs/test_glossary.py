"""The glossary is one list of terms in two languages, and one word has one meaning."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROW = re.compile(r"^\| (.+?) \| (.+?) \| (.+) \|$", re.MULTILINE)


def terms(language: str) -> list[tuple[str, str]]:
    """The term and its translation, without the heads of the tables."""
    text = (ROOT / f"docs/{language}/glossary.md").read_text("utf-8")
    return [(term, other) for term, other, _ in ROW.findall(text) if term not in ("term", "용어")]


def test_both_pages_have_the_same_pairs_in_the_same_order() -> None:
    assert [(korean, english) for english, korean in terms("en")] == terms("ko")


def test_no_term_stands_there_twice() -> None:
    for language in ("en", "ko"):
        words = [term.lower() if term != "uWSGI" else term for term, _ in terms(language)]
        assert len(words) == len(set(words)) >= 40
